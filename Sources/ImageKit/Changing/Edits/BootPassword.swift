import Documents

extension GuestChange {
    /// The menu asks for no password, and none lies in the image: the lines of menus, of what makes them, and of user.cfg.
    func removeBootPassword() throws(Failure) {
        var paths = try menus()
        for name in try root.names("/etc/grub.d") { paths.append("/etc/grub.d/\(name)") }
        for path in paths {
            guard let lines = try root.lines(path) else { continue }
            let kept = lines.filter { !Self.isPassword($0) }
            if kept != lines { try root.write(path, lines: kept) }
        }
        // grub2-setpassword's file (grub.cfg of Fedora and openEuler reads it beside itself).
        for path in ["/boot/grub2/user.cfg", "/boot/efi/EFI/openEuler/user.cfg"] { try root.remove(path) }
    }

    private static func isPassword(_ line: String) -> Bool {
        let words = line.split { $0 == " " || $0 == "\t" }
        guard let first = words.first else { return false }
        if first == "password" || first == "password_pbkdf2" { return true }
        let second = words.count > 1 ? words[1] : ""
        return (first == "set" && second.hasPrefix("superusers=")) || (first == "export" && second == "superusers")
    }
}
