/// The kernel's command line (docs.kernel.org/admin-guide/kernel-parameters.html).
public enum KernelArguments {
    /// Its words: double quotes hold spaces inside of one, and are kept as they stand.
    public static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character.isWhitespace, !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// What stands behind `name=`, in order and without its quotes; an empty text of the bare name. `-` and `_` are the same in names. What
    /// stands behind `--` is init's and not the kernel's.
    public static func values(of name: String, in text: String) -> [String] {
        let name = normalized(name)
        return words(text).prefix { $0 != "--" }.compactMap { word in
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard normalized(String(parts[0])) == name else { return nil }
            return parts.count == 2 ? String(parts[1].filter { $0 != "\"" }) : ""
        }
    }

    private static func normalized(_ name: String) -> String {
        String(name.compactMap { $0 == "\"" ? nil : $0 == "-" ? "_" : $0 })
    }
}
