import Documents
import FoundationEssentials

extension GuestChange {
    /// In a file of its own beside the distribution's, which it does not touch (cloud-init: cloud.cfg.d is read by name, the last wins).
    static let cloudFile = "/etc/cloud/cloud.cfg.d/99_eulerpublisher.cfg"

    func setCloudInit(_ key: String, _ value: JSON) throws(Failure) {
        // What an earlier round wrote stays.
        let before = try root.read(Self.cloudFile).map { bytes in
            (try? DocumentCoding.decode(JSON.self, from: Data(bytes.drop { $0 != 0x0a }))) ?? .object([:])
        }
        let whole = Self.merged(before ?? .object([:]), key.split(separator: ".").map(String.init)[...], value)
        // JSON is YAML, as far as these values go.
        let text: String
        do { text = String(decoding: try DocumentCoding.encode(whole, pretty: true), as: UTF8.self) } catch {
            throw Failure(.internal, "the configuration of cloud-init cannot be written")
        }
        try root.write(Self.cloudFile, Array("# What clouds ask for; written by eulerpublisher.\n\(text)\n".utf8))
    }

    private static func merged(_ whole: JSON, _ path: ArraySlice<String>, _ value: JSON) -> JSON {
        guard let key = path.first else { return value }
        var members: [String: JSON] = [:]
        if case .object(let object) = whole { members = object }
        members[key] = merged(members[key] ?? .object([:]), path.dropFirst(), value)
        return .object(members)
    }
}
