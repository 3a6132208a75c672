public import Documents
import FoundationEssentials
import Glibc

/// Where providers are looked for. Never the current directory.
public struct Search: Sendable {
    public var directories: [String]

    /// - Parameters:
    ///   - explicit: Directories given on the command line, searched first.
    ///   - prefix: The directory that `bin/` with this executable lies in.
    public init(explicit: [String], prefix: String) {
        directories = explicit + ["\(prefix)/lib/eulerpublisher/providers"]
    }

    /// The installation's prefix: where this executable lies, without `bin`.
    public static func prefix() -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let parts = path.split(separator: "/").dropLast(2)
        return "/" + parts.joined(separator: "/")
    }

    /// All providers found, by id, and what is broken. The first of an id wins.
    public func providers() -> (found: [InstalledProvider], broken: [Failure]) {
        var found: [String: InstalledProvider] = [:]
        var broken: [Failure] = []
        for directory in directories {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            for name in names.sorted() {
                do {
                    let provider = try InstalledProvider(reading: "\(directory)/\(name)")
                    guard provider.manifest.id == name else {
                        throw Failure(.usage, "its id is \(provider.manifest.id)", place: "\(directory)/\(name)")
                    }
                    if found[name] == nil { found[name] = provider }
                } catch let failure as Failure {
                    broken.append(failure)
                } catch {
                    broken.append(Failure(.internal, "\(error)", place: "\(directory)/\(name)"))
                }
            }
        }
        return (found.values.sorted { $0.manifest.id < $1.manifest.id }, broken)
    }
}
