import Changing
import Digest
import Documents

/// What the command line adds to a recipe.
extension Recipe {
    /// - Parameter option: `LOCAL:GUESTPATH[:MODE]`.
    /// - Throws: `Failure` (usage) naming the option.
    public mutating func add(file option: String) throws {
        let place = "--file \(Printable.line(option))"
        let inputs = RecipeInputs(folder: ".")
        // The guest's path is the first that begins with a slash.
        guard let colon = option.indices.first(where: { option[$0] == ":" && option[$0...].dropFirst().first == "/" }),
            colon != option.startIndex
        else {
            throw Failure(
                .usage, "no file and path in the guest", place: place, hint: "write FILE:/PATH or FILE:/PATH:0644")
        }
        var path = String(option[option.index(after: colon)...])
        var mode: UInt32?
        if let last = path.lastIndex(of: ":") {
            let digits = path[path.index(after: last)...]
            guard (3...4).contains(digits.count), let number = UInt32(digits, radix: 8), number <= 0o777 else {
                throw Failure(
                    .usage, "\(Printable.line(String(digits))) is no mode of a file", place: place,
                    hint: "three octal digits: 644")
            }
            mode = number
            path = String(path[..<last])
        }
        try RecipeInputs.check(path, place)
        let source = inputs.absolute(String(option[..<colon]))
        let size = try RecipeInputs.size(source, named: place)
        try RecipeInputs.refusePrivateKey(inFile: source, place)
        guard !files.contains(where: { $0.file.path == path }) else {
            throw Failure(.usage, "\(path) is written twice", place: place, hint: "leave one of both out")
        }
        files.append(
            File(
                file: CopiedFile(path: path, content: .file(source), mode: mode), place: place,
                digest: try Digest.sha256(ofFile: source), size: size))
    }

    /// - Parameters:
    ///   - drivers: what an initramfs must have, by names of modules.
    ///   - place: the option that asks for them.
    public mutating func add(drivers: [String], place: String) {
        wishes.append(Wish(change: .initramfsDriver(drivers), place: place))
    }

    /// - Parameter option: `NAME[:KEYFILE]`.
    /// - Throws: `Failure` (usage) naming the option.
    public mutating func add(user option: String) throws {
        let place = "--user \(Printable.line(option))"
        let parts = option.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts[0]
        let isGood = name.utf8.enumerated().allSatisfy { number, byte in
            (0x61...0x7a).contains(byte) || byte == 0x5f
                || number > 0 && ((0x30...0x39).contains(byte) || byte == 0x2d)
        }
        guard isGood, !name.isEmpty, name.utf8.count <= 32 else {
            throw Failure(
                .usage, "\(Printable.line(name)) is no name of a user", place: place,
                hint: "small letters, digits, - and _, at most 32: useradd(8)")
        }
        guard !users.contains(where: { $0.user.name == name }) else {
            throw Failure(.usage, "the user \(name) is asked for twice", place: place, hint: "leave one of both out")
        }
        let keys = try parts.count > 1 ? RecipeInputs(folder: ".").keys(inFile: parts[1], place) : []
        users.append(User(user: GuestUser(name: name, keys: keys), place: place))
    }
}
