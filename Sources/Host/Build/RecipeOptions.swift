import ArgumentParser
import Building

/// What a build puts into the image beside what rules ask for.
struct RecipeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What to change: packages, remove, files, users, sshd, cloud-init, kernel-arguments, initramfs-drivers, "
                + "dracut-modules, growpart, units, as YAML.", valueName: "file"))
    var recipe: String?
    @Option(
        help: ArgumentHelp(
            "A file of this machine's to put into the guest; may be repeated.", valueName: "file:/path[:mode]"))
    var file: [String] = []
    @Option(
        help: ArgumentHelp(
            "A user to make, who logs in by the public keys of a file; may be repeated.", valueName: "name[:keyfile]"))
    var user: [String] = []

    /// - Throws: `Failure` with the place of what is wrong.
    func made() throws -> Recipe {
        var made = Recipe()
        if let recipe { made = try Recipe(reading: recipe) }
        for option in file { try made.add(file: option) }
        for option in user { try made.add(user: option) }
        return made
    }
}
