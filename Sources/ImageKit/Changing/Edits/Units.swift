import Documents

/// The guest's systemctl, which edits links alone when no systemd runs (systemctl(1), in a chroot).
extension GuestChange {
    func enable(_ units: [String]) throws(Failure) { try systemctl("enable", units) }
    func disable(_ units: [String]) throws(Failure) { try systemctl("disable", units) }
    func mask(_ units: [String]) throws(Failure) { try systemctl("mask", units) }

    private func systemctl(_ verb: String, _ units: [String]) throws(Failure) {
        guard !units.isEmpty else { return }
        if let wrong = units.first(where: { $0.isEmpty || $0.hasPrefix("-") || $0.contains("/") }) {
            throw Failure(.usage, "this is no unit's name: \(Printable.line(wrong))")
        }
        if case .never = programs { return try setLinks(verb, units) }
        try run(["systemctl", "--root=/", verb] + units)
    }
}
