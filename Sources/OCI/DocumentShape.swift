import Documents
import FoundationEssentials

/// What programs that read a manifest would understand differently.
enum DocumentShape {
    private struct Members: Decodable {
        var config: JSON?
        var layers: JSON?
        var manifests: JSON?
    }

    /// - Parameters:
    ///   - isIndex: what the document is read as.
    ///   - name: for the message.
    /// - Throws: `Failure(.refused)` for an index that is a manifest too and the other way about (CVE-2021-41190; image-spec,
    ///   GHSA-77vh-xpmg-72qh), and for a size that is written with a fraction or an exponent.
    static func check(_ bytes: [UInt8], isIndex: Bool, _ name: String, place: String) throws {
        let members = try? DocumentCoding.decode(Members.self, from: Data(bytes))
        if let members, members.manifests != nil,
            let other = members.layers != nil ? "layers" : members.config.map({ _ in "config" })
        {
            throw Failure(
                .refused, "\(name) has both manifests and \(other): what it is depends on who reads it", place: place,
                hint: "the image was made to deceive, or by a broken program: build it anew")
        }
        if members?.manifests != nil && !isIndex {
            throw Failure(.refused, "\(name) is named as a manifest and holds an index", place: place)
        }
        if let size = fractionalSize(bytes) {
            throw Failure(
                .refused, "\(name) states the size \(size), which is no whole number of bytes", place: place,
                hint: "write sizes as digits alone (image-spec, descriptor.md)")
        }
    }

    /// The first number of a member `size` that is not digits alone: JSON's readers differ in whether 580.0 is a whole number.
    private static func fractionalSize(_ bytes: [UInt8]) -> String? {
        let key = Array("\"size\"".utf8)
        var at = 0
        while at < bytes.count {
            guard bytes[at] == 0x22 else {
                at += 1
                continue
            }
            let start = at
            at += 1
            while at < bytes.count, bytes[at] != 0x22 { at += bytes[at] == 0x5c ? 2 : 1 }
            at += 1
            guard at <= bytes.count, bytes[start..<at].elementsEqual(key) else { continue }
            while at < bytes.count, [0x20, 0x09, 0x0a, 0x0d, 0x3a].contains(bytes[at]) { at += 1 }
            let number = bytes[at...].prefix {
                (0x30...0x39).contains($0) || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains($0)
            }
            if number.contains(where: { !(0x30...0x39).contains($0) }) {
                return String(decoding: number.prefix(40), as: UTF8.self)
            }
            at += number.count
        }
        return nil
    }
}
