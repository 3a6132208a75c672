import Documents
import Glibc

extension GuestChange {
    /// Puts a file into the guest: its bytes go through as they are read, whatever its length.
    func put(_ file: CopiedFile) throws(Failure) {
        let owner = try file.owner.map { name throws(Failure) in try id(of: name, "/etc/passwd", "user") }
        let group = try file.group.map { name throws(Failure) in try id(of: name, "/etc/group", "group") }
        switch file.content {
        case .text(let text):
            try root.replace(file.path, mode: file.mode, owner: owner, group: group) { output throws(Failure) in
                try GuestRoot.write(Array(text.utf8), to: output, file.path)
            }
        case .file(let source):
            let input = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard input >= 0 else { throw .guest("cannot be read", source, errno) }
            defer { close(input) }
            var found = stat()
            guard fstat(input, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
                throw Failure(.usage, "this is not a file", place: source, hint: "name a regular file")
            }
            try root.replace(file.path, mode: file.mode, owner: owner, group: group) { output throws(Failure) in
                try Self.copy(input, source, to: output, file.path)
            }
        }
    }

    private static func copy(_ input: Int32, _ source: String, to output: Int32, _ path: String) throws(Failure) {
        while true {
            var error: Int32 = 0
            let piece = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
                var got = read(input, buffer.baseAddress, buffer.count)
                while got < 0 && errno == EINTR { got = read(input, buffer.baseAddress, buffer.count) }
                if got < 0 { error = errno }
                count = max(0, got)
            }
            guard error == 0 else { throw .guest("cannot be read", source, error) }
            if piece.isEmpty { return }
            try GuestRoot.write(piece, to: output, path)
        }
    }

    /// The number of a user or group by its name.
    private func id(of name: String, _ file: String, _ kind: String) throws(Failure) -> UInt32 {
        if let number = UInt32(name) { return number }
        for line in try root.lines(file) ?? [] where line.hasPrefix(name + ":") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 2, let number = UInt32(fields[2]) { return number }
        }
        throw Failure(
            .refused, "the guest has no \(kind) \(Printable.line(name))", place: file,
            hint: "name one that it has, or install the package that brings it")
    }
}
