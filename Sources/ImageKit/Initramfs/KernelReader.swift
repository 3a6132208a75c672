import Blocks
public import Documents
public import FileSystems

/// Reads the kernels of a guest, their initramfs and their drivers.
public struct KernelReader {
    /// In bytes, stored and unpacked, of all kernels and initramfs together; the newest kernels come first.
    public static let allowance: UInt64 = 2 << 30

    private let tree: GuestTree
    private let entries: [BootEntry]

    /// - Parameter entries: the boot entries that start by themselves: they say which initramfs their kernel is given.
    public init(_ tree: GuestTree, entries: [BootEntry] = []) {
        self.tree = tree
        self.entries = entries
    }

    /// What can't be read is unknown, with the reason.
    public func facts() -> KernelFacts {
        let files: [KernelFiles]
        let allowance = Allowance(Self.allowance)
        do throws(Failure) {
            files = try KernelFiles.find(tree, allowance)
        } catch {
            return KernelFacts(kernels: .unknown("/boot, /lib/modules: \(error.message)"))
        }
        guard !files.isEmpty else {
            return KernelFacts(kernels: .absent([Evidence("/boot"), Evidence("/lib/modules")]))
        }
        guard files.count <= KernelFiles.limit else {
            return KernelFacts(
                kernels: .unknown("\(files.count) kernels are more than the \(KernelFiles.limit) that are looked at"))
        }
        let kernels = files.map { kernel($0, allowance) }
        let evidence = files.compactMap { ($0.image?.path ?? $0.modules).map { Evidence($0) } }
        return KernelFacts(kernels: .known(kernels, evidence))
    }

    private func kernel(_ files: KernelFiles, _ allowance: Allowance) -> Kernel {
        let modules = files.modules.map { ModuleTree(tree, $0) }
        let config = KernelConfig.read(tree, files.configPlaces)
        let (content, damage) = initramfs(files, allowance)
        var architecture: Fact<String> = .unknown("no image and no module that tells it")
        var imageVersion: Fact<String> = .absent(files.imagePlaces.map { Evidence($0) })
        if let image = files.image {
            let evidence = [Evidence(image.path)]
            do throws(Failure) {
                let header = try KernelImage(
                    try Self.part(of: image, files.unified?.kernel), place: image.path, allowance)
                imageVersion =
                    header.version.map { .known($0, evidence) }
                    ?? .unknown("\(image.path): its header does not state it")
                architecture =
                    header.architecture.map { .known($0, evidence) }
                    ?? .unknown("\(image.path): its header does not state it")
            } catch {
                imageVersion = .unknown("\(image.path): \(error.message)")
                architecture = imageVersion
            }
        }
        if architecture.value == nil, let modules, let known = machine(modules) { architecture = known }
        var kernel = Kernel(
            version: files.version, architecture: architecture,
            image: files.image.map { .known($0.path, [Evidence($0.path)]) }
                ?? .absent(files.imagePlaces.map { Evidence($0) }),
            imageVersion: imageVersion,
            modules: files.modules.map { .known($0, [Evidence($0)]) }
                ?? .absent([Evidence("/lib/modules/\(files.version)")]),
            config: config, initramfs: content.map(\.initramfs),
            drivers: Drivers(tree: tree, version: files.version, modules: modules, config: config, content: content)
                .all())
        kernel.initramfsDamage = damage
        return kernel
    }

    /// What the loader gives the kernel by itself; where no menu is known to start it, what lies beside it.
    private func loaded(_ files: KernelFiles) throws(Failure) -> (file: GuestTree.Found?, places: [Evidence]) {
        let beside = files.initramfsPlaces.map { Evidence($0) }
        guard let image = files.image, files.unified == nil else { return (files.initramfs, beside) }
        for entry in entries where try tree.find(entry.kernel)?.path == image.path {
            guard let last = entry.initramfs.last else { return (nil, [entry.evidence]) }
            // Before the last there are updates of the processor's own code. Those that are missing are the menu's defect.
            let path = entry.initramfs.last { !entry.missingInitramfs.contains($0) } ?? last
            if let found = try tree.find(path), found.status.kind == .file { return (found, [Evidence(path)]) }
        }
        return (files.initramfs, beside)
    }

    private func initramfs(
        _ files: KernelFiles, _ allowance: Allowance
    ) -> (content: Found<InitramfsContent>, damage: String?) {
        let found: GuestTree.Found
        do throws(Failure) {
            let (file, places) = try loaded(files)
            guard let file else { return (.absent(places), nil) }
            found = file
        } catch {
            return (.unknown("/boot: \(error.message)"), nil)
        }
        do throws(Failure) {
            let content = try InitramfsContent(
                try Self.part(of: found, files.unified?.initramfs), path: found.path, version: files.version, allowance)
            return (.known(content, found.path), nil)
        } catch {
            let why = "\(found.path): \(error.message)"
            return (.unknown(why), InitramfsArchive.isDamage(error) ? why : nil)
        }
    }

    /// A file, or the part of it that counts.
    private static func part(
        of found: GuestTree.Found, _ place: (offset: UInt64, size: UInt64)?
    ) throws(Failure) -> any ByteSource {
        let file = try GuestFile(found)
        guard let place else { return file }
        return try Slice(file, offset: place.offset, size: place.size)
    }

    /// The machine that a module was built for.
    private func machine(_ modules: ModuleTree) -> Fact<String>? {
        guard let path = modules.anyModule.map({ $0.hasPrefix("/") ? $0 : "\(modules.path)/\($0)" }) else { return nil }
        do throws(Failure) {
            guard let found = try tree.find(path) else { return nil }
            let stream = SourceStream(try GuestFile(found))
            let magic = try stream.peek(16)
            let head =
                if let compression = Compression(magic: magic) {
                    try Unpacker(compression, stream, place: path).bytes(64)
                } else {
                    try stream.peek(64)
                }
            return KernelImage.elf(head).map { .known($0, [Evidence(found.path)]) }
        } catch {
            return nil
        }
    }
}

/// What was looked for and is too large to be a fact.
enum Found<Value> {
    case known(Value, String)
    case absent([Evidence])
    case unknown(String)

    func map<Other: Codable & Sendable & Equatable>(_ transform: (Value) -> Other) -> Fact<Other> {
        switch self {
        case .known(let value, let path): .known(transform(value), [Evidence(path)])
        case .absent(let evidence): .absent(evidence)
        case .unknown(let why): .unknown(why)
        }
    }
}
