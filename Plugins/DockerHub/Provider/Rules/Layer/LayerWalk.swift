import Digest
import Documents
import OCI

/// One layer read once: its own digest, that of what it unpacks to, and what the rules want to know of its members.
struct LayerFacts: Sendable {
    /// Whether the file's bytes are those of its digest; nil if somebody vouches for that.
    var isDigestRight: Bool?
    /// What the bytes say that they are; nil if there are too few.
    var packing: LayerType.Packing?
    /// Of the unpacked bytes; nil if they are not known.
    var diffID: Digest?
    /// Why the diff id is not known.
    var problem: String?
    /// Whether the problem is a fault of the layer's.
    var isDamaged = false
    /// Why not every member has been seen.
    var blind: String?
    var members = LayerMembers()
}

struct LayerWalk {
    let descriptor: Descriptor
    let blob: OpenBlob
    let isVerified: Bool
    let limit: Int64
    let budget: WalkBudget
    /// What a member's content may be to be looked into.
    static let contentLimit: Int64 = 64 << 10

    func facts() throws -> LayerFacts {
        var facts = LayerFacts()
        let first = try [UInt8](unsafeUninitializedCapacity: 4) { buffer, count in
            count = try blob.read(UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
        facts.packing = LayerType.packing(ofBytes: first)
        guard let packing = LayerType.packing(descriptor.mediaType), packing != .zstd else {
            facts.problem =
                "layer \(descriptor.digest) is \(descriptor.mediaType.prefix(100)), which is not unpacked here"
            facts.blind = facts.problem
            if !isVerified {
                let stream = try LayerStream(
                    "\(descriptor.digest)", compression: .none, hashesInput: true, limit: 0, source: blob.read)
                facts.isDigestRight = try stream.finish().input == descriptor.digest
            }
            return facts
        }
        let stream = try LayerStream(
            "layer \(descriptor.digest)", compression: packing == .gzip ? .gzip : .none, hashesInput: !isVerified,
            limit: min(limit, budget.bytes), source: blob.read)
        do { try walk(stream, &facts) } catch let failure as Failure {
            facts.blind = "\(failure.place ?? stream.path): \(failure.message)"
        }
        let result = try stream.finish()
        budget.take(bytes: result.outputSize)
        facts.isDigestRight = result.input.map { $0 == descriptor.digest }
        facts.diffID = result.output
        switch result.problem {
        case .damaged(let why)?:
            facts.problem = "\(stream.path): \(why)"
            facts.isDamaged = true
        case .tooLarge(let limit)?:
            facts.problem = "\(stream.path): it unpacks to more than \(limit) bytes, and was not read on"
        case nil: break
        }
        return facts
    }

    private func walk(_ stream: LayerStream, _ facts: inout LayerFacts) throws {
        var reader = try TarReader(stream)
        var count = 0
        while let entry = try reader.next() {
            count += 1
            if count % 1024 == 0 { try Task.checkCancellation() }
            guard budget.takeName() else {
                facts.blind = "\(stream.path) has more members than are kept in memory"
                return
            }
            try take(entry, stream, &facts)
        }
    }

    private func take(_ entry: TarEntry, _ stream: LayerStream, _ facts: inout LayerFacts) throws {
        let (found, escapes) = LayerPath.normal(entry.name)
        if escapes { facts.members.mark(.outside, String(entry.name.prefix(300))) }
        guard let path = found else { return }
        let name = LayerPath.last(path)
        if name.hasPrefix(".wh.") {
            let folder = LayerPath.parent(path)
            if name == ".wh..wh..opq" {
                facts.members.makeOpaque(folder)
            } else if !name.hasPrefix(".wh..wh.") && name != ".wh." {
                let hidden = name.dropFirst(4)
                facts.members.remove(folder.isEmpty ? String(hidden) : "\(folder)/\(hidden)")
            }
            return
        }
        facts.members.add(path, isFolder: entry.kind == .directory)
        if ProgramPaths.watched.contains(path) { watch(path, entry, &facts) }
        switch entry.kind {
        case .directory:
            if entry.mode & 0o1002 == 0o002 { facts.members.mark(.openFolder, path, entry.mode) }
        case .file: try takeFile(entry, path, name, stream, &facts)
        case .hardLink:
            // The mode of a hard link is that of the file; tars repeat it.
            if entry.mode & 0o6000 != 0 { facts.members.mark(.setID, path, entry.mode & 0o6000) }
            if SecretFiles.kind(of: path, named: name) != nil {
                facts.members.secret(
                    .init(path: path, what: "a link", unclear: "it is a link to \(entry.link.prefix(100))"))
            }
        default: break
        }
    }

    private func watch(_ path: String, _ entry: TarEntry, _ facts: inout LayerFacts) {
        switch entry.kind {
        case .directory: facts.members.program(path, .folder)
        case .symbolicLink: facts.members.program(path, .link(String(entry.link.prefix(4096))))
        case .file, .hardLink: facts.members.program(path, .file)
        default: break
        }
    }

    private func takeFile(
        _ entry: TarEntry, _ path: String, _ name: String, _ stream: LayerStream, _ facts: inout LayerFacts
    ) throws {
        if entry.mode & 0o6000 != 0 { facts.members.mark(.setID, path, entry.mode & 0o6000) }
        guard entry.size > 0 else { return }
        if PackageCaches.contains(path) { facts.members.mark(.cache, path) }
        if path == "etc/machine-id" || path == "etc/resolv.conf" {
            let text = try content(entry, stream)
            if path == "etc/machine-id" && MachineID.isSet(text) { facts.members.mark(.machineID, path) }
            if path == "etc/resolv.conf" && MachineID.namesServer(text) { facts.members.mark(.nameServer, path) }
        }
        guard let kind = SecretFiles.kind(of: path, named: name) else { return }
        if entry.isSparse {
            facts.members.secret(.init(path: path, what: kind.what, unclear: "it is stored as a sparse file"))
        } else if kind.holds(try content(entry, stream)) {
            facts.members.secret(.init(path: path, what: kind.what))
        } else if entry.size > Self.contentLimit {
            facts.members.secret(
                .init(path: path, what: kind.what, unclear: "only its first \(Self.contentLimit) bytes were read"))
        }
    }

    private func content(_ entry: TarEntry, _ stream: LayerStream) throws -> String {
        String(
            decoding: try stream.read(count: Int(min(entry.size, Self.contentLimit)), at: entry.offset), as: UTF8.self)
    }
}
