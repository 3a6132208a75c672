import Blocks
import Documents
import FileSystems

/// Where the kernels of a guest lie: which image, which initramfs and which tree of modules belong together.
struct KernelFiles {
    /// A rescue system, a folder without modules: what is more than that many is no guest's.
    static let limit = 64
    /// The same for names, of which some are second ones.
    private static let nameLimit = 1000

    private static func tooMany(_ path: String, _ count: Int) -> Failure {
        Failure(.refused, "\(count) kernels in it, and \(nameLimit) at most are looked at", place: path)
    }

    var version: String
    var image: GuestTree.Found?
    var initramfs: GuestTree.Found?
    /// Of one that lies with its initramfs in one file: the places in it.
    var unified: UnifiedImage?
    /// The resolved path.
    var modules: String?
    /// Where each was looked for.
    var imagePlaces: [String]
    var initramfsPlaces: [String]
    var configPlaces: [String]

    /// All kernels, newest first. A link's second name for one is none of its own, and neither is the copy that dracut keeps
    /// for rescue (`vmlinuz-0-rescue-MACHINE`, dracut's 51-dracut-rescue.install).
    static func find(_ tree: GuestTree, _ allowance: Allowance) throws(Failure) -> [KernelFiles] {
        let trees = try moduleTrees(tree)
        var suffixes: [String: String] = [:]
        let names = try tree.list("/boot").filter { name in prefixes.contains { name.hasPrefix($0) } }
        guard names.count <= nameLimit else { throw tooMany("/boot", names.count) }
        for name in names {
            guard let prefix = prefixes.first(where: { name.hasPrefix($0) }) else { continue }
            let suffix = String(name.dropFirst(prefix.count))
            guard !suffix.isEmpty, !suffix.hasPrefix("0-rescue-"), !suffix.hasSuffix(".old"),
                let found = try tree.find("/boot/" + name, following: false), found.status.kind == .file
            else { continue }
            // vmlinuz before vmlinux, which is there for debuggers.
            if suffixes[suffix].map({ rank($0) > rank(name) }) ?? true { suffixes[suffix] = name }
        }
        var kernels: [String: KernelFiles] = [:]
        for (suffix, name) in suffixes {
            let path = "/boot/" + name
            guard let image = try tree.find(path) else { continue }
            let version = try trees[suffix] == nil ? suffixOrVersion(suffix, image, trees, allowance) : suffix
            kernels[version] = try files(tree, version, suffix, [path], trees[version])
        }
        for (version, places) in try loaderFolders(tree) where kernels[version] == nil {
            kernels[version] = try files(tree, version, version, places, trees[version])
        }
        for (found, unified) in try UnifiedImage.all(in: tree) {
            guard let version = try version(of: unified, found, allowance) else { continue }
            // A kernel beside it that has an initramfs of its own is told as it is.
            if kernels[version]?.image != nil, kernels[version]?.initramfs != nil { continue }
            var kernel = try files(tree, version, version, [found.path], trees[version])
            (kernel.image, kernel.unified) = (found, unified)
            kernel.initramfs = unified.hasInitramfs ? found : nil
            kernel.initramfsPlaces = [found.path]
            kernels[version] = kernel
        }
        for (version, path) in trees where kernels[version] == nil {
            let places = ["/boot/vmlinuz-\(version)", "/lib/modules/\(version)/vmlinuz"]
            kernels[version] = try files(tree, version, version, places, path)
        }
        return kernels.values.sorted { isNewer($0.version, $1.version) }
    }

    private static let prefixes = ["vmlinuz-", "vmlinux-", "Image-", "bzImage-", "zImage-", "kernel-"]

    private static func rank(_ name: String) -> Int { prefixes.firstIndex { name.hasPrefix($0) } ?? prefixes.count }

    /// Some name the file after the package (`vmlinuz-linux`): then the version is the one in the header.
    private static func suffixOrVersion(
        _ suffix: String, _ image: GuestTree.Found, _ trees: [String: String], _ allowance: Allowance
    ) throws(Failure) -> String {
        guard let first = suffix.utf8.first, !(48...57 ~= first) else { return suffix }
        do throws(Failure) {
            let version = try KernelImage(try GuestFile(image), place: image.path, allowance).version
            return version.map { trees[$0] == nil ? suffix : $0 } ?? suffix
        } catch { return suffix }
    }

    /// What it says itself, else what its kernel's header says.
    private static func version(
        of unified: UnifiedImage, _ found: GuestTree.Found, _ allowance: Allowance
    ) throws(Failure) -> String? {
        if let version = unified.version { return version }
        do throws(Failure) {
            let kernel = try Slice(try GuestFile(found), offset: unified.kernel.offset, size: unified.kernel.size)
            return try KernelImage(kernel, place: found.path, allowance).version
        } catch { return nil }
    }

    private static func files(
        _ tree: GuestTree, _ version: String, _ suffix: String, _ images: [String], _ modules: String?
    ) throws(Failure) -> KernelFiles {
        var files = KernelFiles(
            version: version, modules: modules, imagePlaces: images,
            initramfsPlaces: [
                "/boot/initrd.img-\(suffix)", "/boot/initramfs-\(suffix).img", "/boot/initrd-\(suffix)",
                "/boot/initrd-\(suffix).img", "/boot/initramfs.img-\(suffix)",
            ],
            configPlaces: ["/boot/config-\(suffix)", "/lib/modules/\(version)/config"])
        if let folder = images.first.flatMap({ path in path.lastIndex(of: "/").map { path[..<$0] } }), folder != "/boot"
        {
            files.initramfsPlaces += ["\(folder)/initrd", "\(folder)/initramfs.img"]
        }
        files.initramfsPlaces.append("/lib/modules/\(version)/initramfs.img")
        for path in images where files.image == nil { files.image = try file(tree, path) }
        for path in files.initramfsPlaces where files.initramfs == nil { files.initramfs = try file(tree, path) }
        return files
    }

    private static func file(_ tree: GuestTree, _ path: String) throws(Failure) -> GuestTree.Found? {
        guard let found = try tree.find(path), found.status.kind == .file else { return nil }
        return found
    }

    /// Folders of the Boot Loader Specification: TOKEN/VERSION/linux (uapi-group.org/specifications/specs/boot_loader_specification).
    private static func loaderFolders(_ tree: GuestTree) throws(Failure) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for top in ["/boot", "/efi", "/boot/efi"] {
            let tokens = try tree.list(top).filter { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) }
            for token in tokens.prefix(limit) {
                for version in try tree.list("\(top)/\(token)").prefix(limit) {
                    for name in ["linux", "vmlinuz"] {
                        let path = "\(top)/\(token)/\(version)/\(name)"
                        if try file(tree, path) != nil { found[version, default: []].append(path) }
                    }
                }
            }
        }
        return found
    }

    /// The folders of /lib/modules that hold modules or their lists, by version. A link beside them is a second name.
    private static func moduleTrees(_ tree: GuestTree) throws(Failure) -> [String: String] {
        var trees: [String: String] = [:]
        let versions = try tree.list("/lib/modules")
        guard versions.count <= nameLimit else { throw tooMany("/lib/modules", versions.count) }
        for version in versions {
            guard let found = try tree.find("/lib/modules/" + version, following: false),
                found.status.kind == .directory
            else { continue }
            for name in ["modules.dep", "kernel", "modules.builtin"] {
                guard try tree.find("\(found.path)/\(name)") != nil else { continue }
                trees[version] = found.path
                break
            }
        }
        return trees
    }

    /// Numbers by value, the rest by letters, as distributions order them.
    static func isNewer(_ one: String, _ other: String) -> Bool {
        let (left, right) = (parts(one), parts(other))
        for (a, b) in zip(left, right) where a != b {
            if a.isNumber != b.isNumber { return a.isNumber }
            if a.isNumber && a.text.count != b.text.count { return a.text.count > b.text.count }
            return a.text > b.text
        }
        return left.count == right.count ? one > other : left.count > right.count
    }

    private struct Part: Equatable {
        var isNumber: Bool
        var text: String
    }

    private static func parts(_ version: String) -> [Part] {
        var parts: [Part] = []
        for character in version {
            let isNumber = character.isASCII && character.isNumber
            guard isNumber || character.isLetter else {
                parts.append(Part(isNumber: false, text: ""))
                continue
            }
            if let last = parts.last, last.isNumber == isNumber, !last.text.isEmpty {
                parts[parts.count - 1].text = (last.text == "0" ? "" : last.text) + String(character)
            } else {
                parts.append(Part(isNumber: isNumber, text: String(character)))
            }
        }
        return parts
    }
}
