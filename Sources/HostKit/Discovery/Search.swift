import FoundationEssentials
import Glibc
public import Settings

/// Where providers are looked for, in order: the command line's directories, the environment's, the settings files', the
/// user's own, the installation's. Never the current directory: settings refuse entries that are not absolute.
public struct Search: Sendable {
    public struct Directory: Sendable {
        public let path: String
        /// Why it is searched, for people.
        public let reason: String
    }

    public let directories: [Directory]

    /// - Parameters:
    ///   - settings: For the directories that somebody named.
    ///   - prefix: The directory that `bin/` with this executable lies in.
    ///   - home: For `~/.local/lib/eulerpublisher/providers`; nil or relative: there is none.
    public init(_ settings: Settings, prefix: String, home: String?) {
        var directories = settings.providerPath.map { Directory(path: $0.value, reason: "\($0.origin)") }
        if let home, home.hasPrefix("/") {
            directories.append(Directory(path: "\(home)/.local/lib/eulerpublisher/providers", reason: "your own"))
        }
        let installed = (prefix == "/" ? "" : prefix) + "/lib/eulerpublisher/providers"
        directories.append(Directory(path: installed, reason: "installed"))
        var seen: Set<String> = []
        self.directories = directories.filter { seen.insert($0.path).inserted }
    }

    /// The installation's prefix: where this executable lies, without `bin`.
    public static func prefix() -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let parts = path.split(separator: "/").dropLast(2)
        return "/" + parts.joined(separator: "/")
    }
}
