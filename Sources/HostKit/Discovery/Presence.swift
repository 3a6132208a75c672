public import Documents
import Glibc

/// Which of the things that a manifest declares are there, for whoever runs this program. Names and paths only: no value is
/// read into a text.
public struct Presence: Sendable, Equatable {
    public enum Kind: String, Sendable { case environment, file, secret, helper }

    public let kind: Kind
    /// As the manifest calls it.
    public let name: String
    /// Nil: that depends on the target.
    public let isThere: Bool?
    /// Where it is, or where it was looked for.
    public let place: String

    /// In the manifest's order of kinds, names sorted.
    public static func all(of manifest: ProviderManifest, environment: [String: String]) -> [Presence] {
        let needs = manifest.needs
        var found = (needs?.environment ?? []).map { variable($0, environment) }
        let files = needs?.files ?? [:]
        found += files.sorted { $0.key < $1.key }.map { file($0.key, $0.value, environment) }
        found += (needs?.secrets ?? [:]).sorted { $0.key < $1.key }.map { secret($0.key, $0.value, files, environment) }
        found += (needs?.helpers ?? [:]).sorted { $0.key < $1.key }.map { helper($0.key, $0.value, environment) }
        found += (needs?.tools ?? [:]).sorted { $0.key < $1.key }.map { helper($0.key, $0.value.program, environment) }
        return found
    }

    private static func variable(_ name: String, _ environment: [String: String]) -> Presence {
        let set = environment.keys.filter { name.hasSuffix("*") ? $0.hasPrefix(name.dropLast()) : $0 == name }.sorted()
        return Presence(
            kind: .environment, name: name, isThere: !set.isEmpty,
            place: set.isEmpty ? "not set" : set == [name] ? "set" : "set: \(set.joined(separator: " "))")
    }

    private static func file(_ name: String, _ declared: String, _ environment: [String: String]) -> Presence {
        guard !declared.contains("${") else {
            return Presence(kind: .file, name: name, isThere: nil, place: "\(declared), of the target")
        }
        let path = expanded(declared, environment)
        if access(path, R_OK) == 0 { return Presence(kind: .file, name: name, isThere: true, place: path) }
        let reason = errno == ENOENT || errno == ENOTDIR ? "not there" : "you may not read it"
        return Presence(kind: .file, name: name, isThere: false, place: "\(path): \(reason)")
    }

    /// The same places in the same order as when a job asks for it.
    private static func secret(
        _ name: String, _ places: [String], _ files: [String: String], _ environment: [String: String]
    ) -> Presence {
        var tried: [String] = []
        for place in places {
            let rest = String(place.drop { $0 != ":" }.dropFirst())
            if place.hasPrefix("env:") {
                if environment[rest]?.isEmpty == false {
                    return Presence(kind: .secret, name: name, isThere: true, place: "the variable \(rest)")
                }
                if let path = environment["\(rest)_FILE"], !path.isEmpty {
                    let isReadable = access(path, R_OK) == 0
                    return Presence(
                        kind: .secret, name: name, isThere: isReadable,
                        place: "\(path), as the variable \(rest)_FILE says" + (isReadable ? "" : ": it cannot be read"))
                }
                tried.append("the variables \(rest) and \(rest)_FILE")
            } else if let declared = files[rest] {
                let path = expanded(declared, environment)
                if access(path, R_OK) == 0 { return Presence(kind: .secret, name: name, isThere: true, place: path) }
                tried.append("the file \(path)")
            }
        }
        return Presence(
            kind: .secret, name: name, isThere: false, place: "looked for in " + tried.joined(separator: ", "))
    }

    private static func helper(_ name: String, _ program: String, _ environment: [String: String]) -> Presence {
        let folders =
            program.hasPrefix("/")
            ? [""] : (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
        let found = folders.filter { $0.isEmpty == program.hasPrefix("/") && ($0.isEmpty || $0.hasPrefix("/")) }
            .map { $0.isEmpty ? program : "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
        return Presence(
            kind: .helper, name: name, isThere: found != nil, place: found ?? "\(program): not found")
    }

    private static func expanded(_ path: String, _ environment: [String: String]) -> String {
        path.hasPrefix("~/") ? (environment["HOME"] ?? "/nonexistent") + path.dropFirst(1) : path
    }
}
