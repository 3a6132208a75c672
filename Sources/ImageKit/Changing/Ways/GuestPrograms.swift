public import Documents

/// What becomes of a program of the guest's that a change needs: the way's answer.
public enum GuestPrograms: Sendable {
    /// It is run now, with the guest's root as its own.
    case here
    /// None is run: what files say as well is edited in them.
    case never
    /// They can't be run here, for this reason.
    case unable(Failure)
    /// They are run afterwards and elsewhere; these have been.
    case later(done: [[String]])
}
