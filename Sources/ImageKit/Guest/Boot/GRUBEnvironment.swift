/// GRUB's environment block: the file of 1024 bytes that grub-editenv writes and load_env reads (GNU GRUB manual, "Environment block").
enum GRUBEnvironment {
    static let signature = "# GRUB Environment Block\n"

    /// Its variables in file order; nil if it is no such block.
    static func parse(_ bytes: [UInt8]) -> [(name: String, value: String)]? {
        guard bytes.starts(with: signature.utf8) else { return nil }
        var variables: [(String, String)] = []
        var rest = bytes.dropFirst(signature.utf8.count)
        while !rest.isEmpty {
            var line: [UInt8] = []
            var isEscaped = false
            // A backslash takes the next byte as it is, a line's end too.
            while let byte = rest.popFirst() {
                if isEscaped {
                    line.append(byte)
                    isEscaped = false
                } else if byte == 0x5c {
                    isEscaped = true
                } else if byte == 0x0a {
                    break
                } else {
                    line.append(byte)
                }
            }
            guard line.first != 0x23, let equals = line.firstIndex(of: 0x3d) else { continue }
            variables.append(
                (
                    String(decoding: line[..<equals], as: UTF8.self),
                    String(decoding: line[(equals + 1)...], as: UTF8.self)
                ))
        }
        return variables
    }
}
