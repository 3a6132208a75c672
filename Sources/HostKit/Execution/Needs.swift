import Discovery
import Documents
import Files
import FoundationEssentials
import Glibc

/// What one job may see of this machine: the manifest's needs with the target's values in place. Nothing else reaches it.
struct Needs: Sendable {
    /// The provider's id.
    let provider: String
    let environment: [String: String]
    /// Name to path, of those that the manifest declares and whose variables are set.
    let files: [String: String]
    /// The names of all that it declares.
    let declaredFiles: Set<String>
    let directories: [String]
    let helpers: [String: String]
    /// With the whole environment of each.
    let tools: [String: Tool]
    let secrets: [String: [String]]
    /// What it contacts, as the manifest spells it with the target's values.
    let hosts: [String]
    let ports: [Int]
    /// For helpers and secrets, which the host itself runs and reads.
    let hostEnvironment: [String: String]

    /// - Parameters:
    ///   - environment: the host's own, whole.
    ///   - folder: the manifest's directory.
    init(
        _ manifest: ProviderManifest, target: OperationRequest.Target, environment whole: [String: String],
        folder: String = "/nonexistent"
    ) {
        let needs = manifest.needs
        provider = manifest.id
        hostEnvironment = whole
        environment = whole.filter { name, _ in
            (needs?.environment ?? []).contains {
                $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : name == $0
            }
        }
        func fill(_ text: String) -> String? { Self.fill(text, target, whole) }
        files = (needs?.files ?? [:]).compactMapValues(fill).filter { !$0.value.isEmpty }
        declaredFiles = Set((needs?.files ?? [:]).keys)
        directories = (needs?.directories ?? []).compactMap(fill).filter { $0.hasPrefix("/") }
        helpers = needs?.helpers ?? [:]
        tools = (needs?.tools ?? [:]).mapValues { Tool($0, folder: folder, environment: whole) }
        secrets = (needs?.secrets ?? [:]).mapValues { places in
            places.compactMap(fill).filter { $0 != "env:" }
        }
        hosts = (needs?.hosts ?? []).compactMap(fill).filter { !$0.isEmpty }
        var ports = Set(needs?.ports ?? [])
        if !hosts.isEmpty {
            for host in hosts { ports.insert(Self.port(of: host)) }
            // A declared proxy is contacted in the hosts' stead.
            for (name, value) in environment
            where name.lowercased().hasSuffix("_proxy") && name.lowercased() != "no_proxy" {
                ports.insert(Self.port(of: value))
            }
        }
        self.ports = ports.sorted()
    }

    /// Whether the target's address is a path on this machine.
    static func addressIsPath(_ manifest: ProviderManifest) -> Bool {
        let places = (manifest.needs?.directories ?? []) + Array((manifest.needs?.files ?? [:]).values)
        return places.contains { place in
            guard place.hasPrefix("${"), let end = place.firstIndex(of: "}") else { return false }
            let name = place[..<end].dropFirst(2)
            return name == "address" || name.hasSuffix(".address") || name.hasSuffix(".folder")
        }
    }

    /// Nil: it names a variable that is not set, or is about targets of another scheme.
    private static func fill(
        _ text: String, _ target: OperationRequest.Target, _ environment: [String: String]
    ) -> String? {
        var result = text
        if result.hasPrefix("~/") { result = (environment["HOME"] ?? "/nonexistent") + result.dropFirst(1) }
        while let start = result.firstRange(of: "${env."), let end = result[start.upperBound...].firstIndex(of: "}") {
            guard let value = environment[String(result[start.upperBound..<end])], !value.isEmpty else { return nil }
            result.replaceSubrange(start.lowerBound...end, with: value)
        }
        result = result.replacing("${address}", with: target.address)
        result = result.replacing("${\(target.scheme).address}", with: target.address)
        let slash = target.address.lastIndex(of: "/") ?? target.address.startIndex
        result = result.replacing("${\(target.scheme).folder}", with: String(target.address[..<slash]))
        if [".address}", ".folder}"].contains(where: { result.contains($0) }), result.hasPrefix("${") { return nil }
        while let start = result.firstRange(of: "${options."), let end = result[start.upperBound...].firstIndex(of: "}")
        {
            let value = target.options[String(result[start.upperBound..<end])]?.string ?? ""
            result.replaceSubrange(start.lowerBound...end, with: value)
        }
        return result
    }

    /// Of a URL, a host with a port, or a host alone (443).
    static func port(of host: String) -> Int {
        var rest = host[...]
        var standard = 443
        if let scheme = rest.firstRange(of: "://") {
            if rest[..<scheme.lowerBound].lowercased() == "http" { standard = 80 }
            rest = rest[scheme.upperBound...]
        }
        rest = rest.prefix { $0 != "/" && $0 != "?" }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        let afterAddress = rest.hasPrefix("[") ? rest.drop { $0 != "]" }.dropFirst() : rest
        guard let colon = afterAddress.lastIndex(of: ":") else { return standard }
        return Int(afterAddress[afterAddress.index(after: colon)...]) ?? standard
    }

    /// The secret and where it came from.
    /// - Throws: `Failure` when a place is named and cannot be read. Nil: none of the places has it.
    func secret(_ name: String) throws -> (value: [UInt8], source: String)? {
        for place in secrets[name] ?? [] {
            if place.hasPrefix("env:") {
                let variable = String(place.dropFirst(4))
                if let value = hostEnvironment[variable], !value.isEmpty {
                    return (Array(value.utf8), "the variable \(variable)")
                }
                if let path = hostEnvironment[variable + "_FILE"], !path.isEmpty {
                    return (Self.trimmed(try File.contents(path, limit: 1 << 16)), "the file of \(variable)_FILE")
                }
            } else if place.hasPrefix("file:"), let path = files[String(place.dropFirst(5))], File.exists(path) {
                return (Self.trimmed(try File.contents(path, limit: 1 << 16)), path)
            }
        }
        return nil
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        while let last = bytes.last, last == 0x0a || last == 0x0d { bytes.removeLast() }
        return bytes
    }
}
