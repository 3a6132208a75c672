import Digest
import Documents
import FoundationEssentials
import Glibc
import OCI

/// Where releases come from: openEuler's site, a mirror of it by URL, or a directory of the same shape.
/// Its layout is that of the release's own build scripts: openEuler-VERSION/docker_img/ARCH/openEuler-docker.ARCH.tar.xz with
/// `.sha256sum` beside it, and rebuilds below docker_img/update/YYYY-MM-DD with `current` as a symbolic link.
public struct ReleaseMirror: Sendable {
    public static let release = "https://repo.openeuler.org"
    /// Where versions out of support move to.
    public static let archive = "https://archives.openeuler.openatom.cn"

    /// Tried in turn until one has the version.
    public let locations: [String]
    let downloader: any Downloader

    /// - Parameters:
    ///   - location: a URL or a directory that a command or plan names.
    ///   - setting: the one that is configured, for those that name none; nil means openEuler's release site, then its archive.
    ///     A location that was kept has lost its user and password: those of a setting for the same place go with it.
    ///   - downloader: for URLs; directories and `file://` are read directly.
    /// - Throws: `Failure` when the location is neither.
    public init(
        location: String? = nil, setting: String? = nil, downloader: any Downloader = DirectoryDownloader()
    ) throws {
        let configured = setting.map { MirrorLocation($0) }
        guard var mirror = location.map({ MirrorLocation($0) }) ?? configured else {
            locations = [Self.release, Self.archive]
            self.downloader = downloader
            return
        }
        if mirror.userInformation == nil, let configured, configured.place == mirror.place { mirror = configured }
        let plain = mirror.place
        locations = [plain]
        guard !plain.hasSuffix("://") else {
            throw Failure(.usage, "the mirror's URL names no host", place: plain, hint: "write https://HOST/PATH")
        }
        if plain.hasPrefix("https://") || plain.hasPrefix("http://") {
            let isAuthorized = mirror.userInformation != nil
            self.downloader = isAuthorized ? AuthorizedDownloader(base: downloader, mirror: mirror) : downloader
            return
        }
        guard plain.hasPrefix("file://") || !plain.contains("://") else {
            throw Failure(.usage, "a mirror is an http or https URL or a directory", place: plain)
        }
        var status = stat()
        guard stat(DirectoryDownloader.path(plain), &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Failure(
                .usage, "the mirror is not a directory", place: plain, hint: "name a directory or an https URL")
        }
        self.downloader = DirectoryDownloader()
    }

    /// Fetches and verifies the root filesystems of one release.
    /// - Parameters:
    ///   - version: 24.03-LTS-SP2; the case does not matter.
    ///   - index: the directory below the version: docker_img, docker_img/update/current or docker_img/update/YYYY-MM-DD.
    ///   - architectures: those that must be there; nil takes all that the mirror has.
    ///   - cache: sources are kept in its `sources`, shared by all processes.
    ///   - telling: told every second what is being fetched; any thread.
    ///   - lock: what an earlier call found: its index stands for `current`, its architectures for nil, and its digests hold.
    /// - Throws: `Failure`; its code is `network` when it may work later, `refused` when bytes are not what was promised.
    public func prepare(
        version: String, index: String = "docker_img", architectures: [Architecture]? = nil, cache: String,
        lock: SourceLock? = nil, telling: @escaping @Sendable (Fetching) -> Void = { _ in }
    ) async throws -> PreparedRelease {
        let version = try Self.check(version: version)
        try Self.check(index: index)
        let sources = try SourceCache(directory: cache, downloader: downloader, telling: telling)
        let named = try lock?.architectures(for: version, of: architectures) ?? architectures
        let wanted = named ?? Architecture.all
        let index = lock?.date != nil && index.hasSuffix("/current") ? lock?.index ?? index : index
        for (number, location) in locations.enumerated() {
            let root = "\(location)/openEuler-\(version)"
            let resolved = try await resolve(index, below: root, sources)
            let found = try await find(wanted, below: "\(root)/\(resolved)", named: named != nil, lock, sources)
            if found.isEmpty {
                if number + 1 < locations.count { continue }
                break
            }
            let present = Set(found.map(\.architecture))
            let missing = wanted.filter { !present.contains($0) }
            if named != nil, let first = missing.first {
                throw Failure(
                    .usage, "openEuler-\(version) has no \(resolved) for \(first)",
                    place: "\(root)/\(resolved)/\(first)",
                    hint: "leave out \(first); there is " + found.map(\.architecture.name).joined(separator: ", "))
            }
            let pinned = SourceLock(
                version: version, index: resolved, date: Self.date(resolved),
                sources: found.map {
                    SourceLock.Source(architecture: $0.architecture.name, url: $0.url, digest: $0.digest, size: $0.size)
                })
            return PreparedRelease(
                version: version, index: resolved, sources: found, missing: missing, cache: cache, lock: pinned)
        }
        throw Failure(
            .usage, "no root filesystem of openEuler-\(version) at \(index)",
            place: locations.map { "\($0)/openEuler-\(version)/\(index)" }.joined(separator: ", "),
            hint:
                "no ARCH/openEuler-docker.ARCH.tar.xz.sha256sum is there: check the version's spelling (24.03-LTS-SP2), "
                + "the index (docker_img), and that the mirror has checksum files")
    }

    private func find(
        _ wanted: [Architecture], below directory: String, named: Bool, _ lock: SourceLock?, _ sources: SourceCache
    ) async throws -> [PreparedSource] {
        // All checksums first: what is missing shows before the first long download.
        var promised: [(Architecture, String, Digest)] = []
        try await withThrowingTaskGroup(of: (Architecture, String, Digest)?.self) { group in
            for architecture in Set(wanted) {
                let name = "openEuler-docker.\(architecture).tar.xz"
                let url = "\(directory)/\(architecture)/\(name)"
                group.addTask {
                    guard let text = try await sources.text("\(url).sha256sum", limit: 4096) else { return nil }
                    return (architecture, url, try Checksum(text, of: name, place: "\(url).sha256sum").digest)
                }
            }
            for try await found in group { if let found { promised.append(found) } }
        }
        for (architecture, url, digest) in promised {
            if let pin = lock?.sources.first(where: { $0.architecture == architecture.name }), pin.digest != digest {
                throw Failure(
                    .refused, "the mirror has \(digest) where the lock file pins \(pin.digest)", place: url,
                    hint: "remove the lock file to take the new build")
            }
        }
        let absent = wanted.first { architecture in !promised.contains { $0.0 == architecture } }
        if named, !promised.isEmpty, let absent {
            let present = promised.map(\.0.name).sorted().joined(separator: ", ")
            throw Failure(
                .usage, "the release has no root filesystem for \(absent)", place: "\(directory)/\(absent)",
                hint: "leave out \(absent); there is \(present)")
        }
        return try await withThrowingTaskGroup(of: PreparedSource?.self) { group in
            for (architecture, url, digest) in promised {
                group.addTask {
                    guard let kept = try await sources.fetch(url, digest) else { return nil }
                    return PreparedSource(
                        architecture: architecture, platform: architecture.platform, path: kept.path, digest: digest,
                        size: kept.size, url: url, fetched: kept.fetched)
                }
            }
            var found: [PreparedSource] = []
            for try await source in group { if let source { found.append(source) } }
            return found.sorted { $0.architecture.name < $1.architecture.name }
        }
    }

    /// `current` becomes its date once, so that no two architectures come from two builds. A mirror that cannot say the date
    /// keeps `current`.
    private func resolve(_ index: String, below root: String, _ sources: SourceCache) async throws -> String {
        guard index.hasSuffix("/current") else { return index }
        let parent = String(index.dropLast("/current".count))
        if downloader is DirectoryDownloader {
            let path = DirectoryDownloader.path("\(root)/\(index)")
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = buffer.withUnsafeMutableBytes {
                readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
            }
            guard count > 0 else { return index }
            let target =
                String(decoding: buffer[..<count], as: UTF8.self).split(separator: "/").last.map(String.init) ?? ""
            return Self.isDate(target) ? "\(parent)/\(target)" : index
        }
        guard let listing = try await sources.text("\(root)/\(parent)/", limit: 1 << 20) else { return index }
        // The listing does not show where the link points: the newest date whose checksum is that of `current`.
        let dates = Self.dates(in: listing)
        for architecture in Architecture.all {
            let name = "\(architecture)/openEuler-docker.\(architecture).tar.xz.sha256sum"
            guard let current = try await sources.text("\(root)/\(index)/\(name)", limit: 4096) else { continue }
            for date in dates.prefix(4)
            where try await sources.text("\(root)/\(parent)/\(date)/\(name)", limit: 4096) == current {
                return "\(parent)/\(date)"
            }
            return index
        }
        return index
    }

    /// The date directories that an HTML listing links to, newest first.
    static func dates(in listing: String) -> [String] {
        let bytes = Array(listing.utf8)
        var found: Set<String> = []
        if bytes.count > 11 {
            for start in 0...(bytes.count - 11) where bytes[start + 10] == UInt8(ascii: "/") {
                let text = String(decoding: bytes[start..<(start + 10)], as: UTF8.self)
                if isDate(text) { found.insert(text) }
            }
        }
        return found.sorted(by: >)
    }

    static func isDate(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 10
            && bytes.enumerated().allSatisfy { $0 == 4 || $0 == 7 ? $1 == 0x2d : (0x30...0x39).contains($1) }
    }

    static func date(_ index: String) -> String? {
        index.split(separator: "/").last.map(String.init).flatMap { isDate($0) ? $0 : nil }
    }

    /// - Returns: the version as the mirror spells it.
    @discardableResult
    public static func check(version: String) throws -> String {
        let allowed = version.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2e
                || $0 == 0x2d
        }
        guard allowed, !version.isEmpty, version.utf8.count <= 64, !version.contains(".."), version.utf8.first != 0x2e
        else {
            throw Failure(.usage, "\(version.prefix(80)) is not a version", hint: "for example 24.03-LTS-SP2")
        }
        return version.uppercased()
    }

    public static func check(index: String) throws {
        let parts = index.split(separator: "/", omittingEmptySubsequences: false)
        let allowed = index.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || (0x41...0x5a).contains($0) || $0 == 0x5f
                || $0 == 0x2d
                || $0 == 0x2e || $0 == 0x2f
        }
        guard allowed, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }), index.utf8.count <= 200 else {
            throw Failure(
                .usage, "\(index.prefix(80)) is not a directory below the version",
                hint: "docker_img, docker_img/update/current or docker_img/update/YYYY-MM-DD")
        }
    }
}
