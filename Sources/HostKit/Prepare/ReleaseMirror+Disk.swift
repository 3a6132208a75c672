public import Digest
import Documents
import Files
import Glibc

/// A release's disk image of one architecture: as the mirror has it, and unpacked.
public struct PreparedDisk: Sendable, Equatable {
    public var version: String
    public var architecture: Architecture
    /// Of the unpacked image in the cache, which nobody writes: a build works on a copy.
    public var path: String
    /// In bytes.
    public var size: Int64
    /// Of what the mirror has, the image in xz.
    public var digest: Digest
    /// Where that came from.
    public var url: String
    /// Bytes that this call fetched; the cache had the others.
    public var fetched: Int64
}

/// `virtual_machine_img/ARCH/openEuler-VERSION-ARCH.qcow2.xz` with `.sha256sum` beside it, as the release's build scripts leave it
/// (openeuler-os-build, script/functions/make_hmi.sh).
extension ReleaseMirror {
    /// Fetches the disk image of a release, verifies it and unpacks it; what an earlier call did is not done again.
    /// - Parameters:
    ///   - version: 24.03-LTS-SP2; the case does not matter.
    ///   - index: the directory below the version.
    ///   - cache: the packed image is kept in its `sources`, the unpacked one in its `images`, both shared by all processes.
    ///   - telling: told every second what is being fetched; any thread.
    /// - Throws: `Failure`; its code is `network` when it may work later, `refused` when bytes are not what was promised.
    public func prepareDisk(
        version: String, architecture: Architecture, index: String = "virtual_machine_img", cache: String,
        telling: @escaping @Sendable (Fetching) -> Void = { _ in }
    ) async throws -> PreparedDisk {
        let version = try Self.check(version: version)
        try Self.check(index: index)
        let sources = try SourceCache(directory: cache, downloader: downloader, telling: telling)
        let name = "openEuler-\(version)-\(architecture).qcow2.xz"
        let urls = locations.map { "\($0)/openEuler-\(version)/\(index)/\(architecture)/\(name)" }
        var lacking: String?
        for url in urls {
            guard let text = try await sources.text("\(url).sha256sum", limit: 4096) else { continue }
            let digest = try Checksum(text, of: name, place: "\(url).sha256sum").digest
            let path = "\(cache)/images/sha256/\(digest.hex).qcow2"
            var disk = PreparedDisk(
                version: version, architecture: architecture, path: path, size: 0, digest: digest, url: url, fetched: 0)
            if let size = try Self.kept(path) {
                disk.size = size
                return disk
            }
            guard let packed = try await sources.fetch(url, digest) else {
                lacking = url
                continue
            }
            disk.fetched = packed.fetched
            disk.size = try await Self.unpack(packed.path, to: path, url: url)
            return disk
        }
        if let lacking {
            throw Failure(
                .refused, "the mirror has the image's checksum, and not the image", place: lacking,
                hint: "it may be in the middle of an update: try later, or name another mirror")
        }
        throw Failure(
            .usage, "no disk image of openEuler-\(version) for \(architecture)", place: urls.joined(separator: ", "),
            hint: "no \(name).sha256sum is there: check the version's spelling (24.03-LTS-SP2) and the architecture")
    }

    /// Unpacks an image once, also for processes that wait meanwhile: beside it lies its SHA-256, which is compared each time.
    /// - Returns: its size in bytes.
    private static func unpack(_ packed: String, to path: String, url: String) async throws -> Int64 {
        try File.makeDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        let partial = try await File.locked("\(path).partial")
        // Another process may have finished while this one waited.
        if let size = try kept(path) {
            unlink(partial.path)
            return size
        }
        do {
            let (sum, size) = try XZ.unpack(packed, into: partial, place: url)
            try refuseOthers(partial, url)
            let note = try File("\(path).sha256", O_WRONLY | O_CREAT | O_TRUNC)
            try note.write(Array("\(sum.hex)  \(path.split(separator: "/").last ?? "")\n".utf8))
            guard fchmod(partial.descriptor, 0o444) == 0, fsync(partial.descriptor) == 0,
                fsync(note.descriptor) == 0, rename(partial.path, path) == 0
            else { throw File.failure("keep the image", path) }
            return size
        } catch {
            unlink(partial.path)
            throw error
        }
    }

    /// What has the right checksum may be the wrong thing all the same.
    /// - Throws: `Failure` (refused) if it is no qcow2 image, or one that names another file (docs/interop/qcow2.rst of QEMU).
    private static func refuseOthers(_ image: File, _ url: String) throws {
        let head = try image.read(count: 16, at: 0)
        guard head.starts(with: Array("QFI".utf8) + [0xFB]), head.count == 16 else {
            throw Failure(
                .refused, "what is packed there is no qcow2 image", place: url,
                hint: "name another mirror, or report it")
        }
        guard head[8...].allSatisfy({ $0 == 0 }) else {
            throw Failure(
                .refused, "the image is a layer over another file, which is not there", place: url,
                hint: "name another mirror, or report it")
        }
    }

    /// Its size, if it is there and what it was when it was unpacked; else it is removed.
    private static func kept(_ path: String) throws -> Int64? {
        guard File.exists(path) else { return nil }
        let note = String(decoding: (try? File.contents("\(path).sha256", limit: 4096)) ?? [], as: UTF8.self)
        guard note.split(separator: " ").first.map(String.init) == (try Digest.sha256(ofFile: path)).hex else {
            unlink(path)
            return nil
        }
        return try File(path, O_RDONLY).size()
    }
}
