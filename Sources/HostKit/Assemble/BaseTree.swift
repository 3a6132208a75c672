import Documents
import Files
import OCI

/// What the edits need to know of the unpacked root, read from the layers without unpacking them.
struct BaseTree {
    private static let folder = "etc"
    private static let bashrc = "etc/bashrc"
    private static let localtime = "etc/localtime"
    private static let hidden: Set<String> = ["etc/.wh.bashrc", "etc/.wh..wh..opq", ".wh.etc", ".wh..wh..opq"]

    private struct Found {
        var folder: TarEntry?
        var entry: TarEntry?
        var content: [UInt8] = []
    }

    private var found = Found()
    /// Seconds since 1970.
    private(set) var newest: Int64 = 0

    /// - Parameter layers: plain tars, the lowest first. A layer's whiteouts hide what is below it, wherever in it they stand
    ///   (image-spec 1.1, layer.md).
    init(_ layers: [File]) throws {
        for layer in layers {
            func refuse(_ why: String) -> Failure {
                Failure(
                    .refused, why, place: layer.path, hint: "this is not an openEuler base root filesystem")
            }
            var reader = try TarReader(layer)
            var here = Found()
            var hides = false
            while let member = try reader.next() {
                newest = max(newest, member.mtime)
                let name = member.plainName
                switch name {
                case Self.folder:
                    guard member.kind == .directory else { throw refuse("/etc is not a directory") }
                    here.folder = member
                case Self.bashrc:
                    guard member.kind == .file, member.size <= 1 << 20, !member.isSparse else {
                        throw refuse("/etc/bashrc is not a plain file of at most 1 MiB")
                    }
                    here.entry = member
                    here.content = try layer.read(count: Int(member.size), at: member.offset)
                default: if Self.hidden.contains(name) { hides = true }
                }
            }
            if here.entry != nil || hides { (found.entry, found.content) = (here.entry, here.content) }
            if let folder = here.folder { found.folder = folder }
        }
    }

    /// The tar of the second layer: the same as `ln -sf /usr/share/zoneinfo/UTC /etc/localtime` and
    /// `sed -i s/TMOUT=300/TMOUT=0/g /etc/bashrc` in openEuler's own Dockerfile. The folder of both comes with it, unchanged:
    /// container engines give a folder that a layer leaves out modes of their own, some none for others than root.
    func edits(created: Int64) throws -> [UInt8] {
        guard let entry = found.entry else {
            throw Failure(
                .refused, "the root filesystem has no /etc/bashrc, so its idle timeout cannot be set",
                hint: "this is not an openEuler base root filesystem")
        }
        let content = Self.replacing(found.content, Array("TMOUT=300".utf8), Array("TMOUT=0".utf8))
        var entries = [
            TarEntry(
                name: Self.bashrc, mode: entry.mode, uid: entry.uid, gid: entry.gid, size: Int64(content.count),
                mtime: created, pax: entry.pax),
            TarEntry(
                name: Self.localtime, kind: .symbolicLink, mode: 0o777, mtime: created, link: "/usr/share/zoneinfo/UTC"),
        ]
        if let folder = found.folder {
            entries.append(
                TarEntry(
                    name: "\(Self.folder)/", kind: .directory, mode: folder.mode, uid: folder.uid, gid: folder.gid,
                    mtime: folder.mtime, pax: folder.pax))
        }
        return try TarWriter.bytes(entries, contents: [Self.bashrc: content])
    }

    static func replacing(_ bytes: [UInt8], _ old: [UInt8], _ new: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position...].starts(with: old) {
                output += new
                position += old.count
            } else {
                output.append(bytes[position])
                position += 1
            }
        }
        return output
    }
}
