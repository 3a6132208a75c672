public import Documents
import Glibc

/// Another's program that this machine may have, and the packages that bring it.
public struct Program: Sendable, Equatable {
    public let name: String
    /// The package's name for apt and for dnf.
    public let packages: (apt: String, dnf: String)
    /// The absolute path of the file that is run.
    public let path: String

    public static func == (one: Program, other: Program) -> Bool { one.path == other.path }

    /// Where administrators' programs lie that users' PATH may leave out, and Fedora's emulator.
    private static let further = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/libexec"]

    /// - Parameters:
    ///   - search: what PATH holds; relative folders of it are left out.
    ///   - others: names that it also has.
    /// - Throws: `Failure` (usage) naming the packages if it is not there.
    public init(_ name: String, apt: String, dnf: String, search: String, or others: [String] = []) throws(Failure) {
        let folders = search.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") } + Self.further
        for name in [name] + others {
            for folder in folders where access("\(folder)/\(name)", X_OK) == 0 {
                (self.name, path, packages) = (name, "\(folder)/\(name)", (apt, dnf))
                return
            }
        }
        throw Failure(
            .usage, "the program \(name) is not on the PATH", place: name,
            hint: apt == dnf ? "install the package \(apt)" : "install the package \(apt) (apt) or \(dnf) (dnf)")
    }

    /// `PATH`, or what it is where nobody set it.
    public static var search: String { getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin" }
}
