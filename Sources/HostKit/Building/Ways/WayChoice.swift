import Booting
import Changing
import Documents
import Glibc

/// Which way is taken, and why, in words for people.
struct WayChoice: Equatable {
    var way: Way
    var reason: String

    /// - Parameter asked: what the user named; nil: the way that runs the least and needs the fewest rights.
    /// - Throws: `Failure` if what was asked for can't be.
    init(_ asked: Way?, _ request: ChangeRequest) throws(Failure) {
        guard let asked else {
            self = Self.automatic(request)
            return
        }
        way = asked
        switch asked {
        case .namespaces: reason = "asked for; the guest's programs run in namespaces, as this user"
        case .files:
            try request.checkFiles()
            reason = "asked for; none of the guest's programs is run"
        case .loop:
            guard geteuid() == 0 else {
                throw Failure(
                    .usage, "the way loop needs root; the default way needs none", place: "--way loop",
                    hint: "leave --way out, or run it as root")
            }
            guard access("/dev/loop-control", R_OK | W_OK) == 0 else {
                throw Failure(
                    .refused, "this machine has no loop devices: \(String(cString: strerror(errno)))",
                    place: "/dev/loop-control", hint: "load the module loop, or leave --way out")
            }
            reason = "asked for; this machine's kernel mounts the guest's file systems"
        case .boot:
            if let machine = MachineKind(rawValue: request.architecture) { _ = try GuestRun.emulator(machine) }
            reason = "asked for; the guest's programs run in a virtual machine"
        }
    }

    private init(_ way: Way, _ reason: String) { (self.way, self.reason) = (way, reason) }

    private static func automatic(_ request: ChangeRequest) -> WayChoice {
        guard let need = request.needs.first else {
            return WayChoice(.files, "nothing that is asked for needs the guest's programs")
        }
        if let refusal = ForeignPrograms.refusal(request.architecture),
            let machine = MachineKind(rawValue: request.architecture), (try? GuestRun.emulator(machine)) != nil
        {
            return WayChoice(.boot, "needed by \"\(need)\", and here \(refusal.message)")
        }
        return WayChoice(.namespaces, "needed by \"\(need)\"; neither root nor a virtual machine is")
    }
}
