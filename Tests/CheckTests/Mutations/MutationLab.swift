import Foundation
import TestSupport

/// What make-image's `tiny-clean` is made of, for changes to name.
enum CleanImage {
    static let kernel = "6.6.0-132.0.0.111.oe2403sp3.x86_64"
    static let root = "5f1d7c1e-3b8e-4a57-9c2e-0d6a1b2c3d4e"
    static let esp = "7A3C-19F0"
    static let initramfs = "/boot/initramfs-\(kernel).img"
    static let modules = "/usr/lib/modules/\(kernel)"
    static let menu = "/boot/grub2/grub.cfg"
    static let units = "/usr/lib/systemd/system"
    static let wants = "/etc/systemd/system/multi-user.target.wants"
    static let espOffset = 1 << 20
    static let gapOffset = 17 << 20
    static let rootOffset = 18 << 20
}

/// Changes a copy of the clean image: a raw disk, or what is made of it in the end.
struct MutationLab {
    private let clean: String
    private let folder: String
    private let disk: String
    private var image: String
    /// For debugfs; whether its word that a file is there already, or is not, is no failure.
    private var commands: [(line: String, isTried: Bool)] = []
    private var texts: [String: String] = [:]
    private var files = 0

    /// - Parameters:
    ///   - clean: the raw disk that is copied.
    ///   - folder: where everything is made.
    init(copying clean: String, into folder: String) throws {
        (self.clean, self.folder) = (clean, folder)
        disk = "\(folder)/disk.raw"
        image = disk
        try Self.tool(["cp", "--sparse=always", clean, disk])
    }

    /// - Returns: the file to check.
    mutating func make(_ edits: [Edit]) throws -> String {
        for edit in edits { try make(edit) }
        try flush()
        return image
    }

    private mutating func make(_ edit: Edit) throws {
        switch edit {
        case .write, .replace, .append, .remove, .link, .folder, .mode, .owner, .rename, .debugfs: try inRoot(edit)
        case .initramfs, .kernel, .noDrivers, .packages, .program: try made(edit)
        case .esp, .disk, .bytes, .partition, .grubCore:
            try flush()
            try onDisk(edit)
        case .size, .convert, .container, .length, .containerBytes:
            try flush()
            try onFile(edit)
        }
    }

    private mutating func inRoot(_ edit: Edit) throws {
        switch edit {
        case .write(let path, let text, let mode): try put(path, Data(text.utf8), mode: mode)
        case .replace(let path, let old, let new):
            let text = try text(path)
            guard text.contains(old) else { throw ImageFailure(description: "\(path) has no \(old)") }
            try put(path, Data(text.replacingOccurrences(of: old, with: new).utf8), keepingMode: true)
        case .append(let path, let more): try put(path, Data((text(path) + more).utf8), keepingMode: true)
        case .remove(let path): add("rm \"\(path)\"")
        case .link(let path, let target):
            parents(of: path)
            add("rm \"\(path)\"", isTried: true)
            add("symlink \"\(path)\" \"\(target)\"")
        case .folder(let path, let mode):
            parents(of: path)
            add("mkdir \"\(path)\"", isTried: true)
            add("sif \"\(path)\" mode 0\(String(0o040000 | mode, radix: 8))")
        case .mode(let path, let mode): add("sif \"\(path)\" mode 0\(String(0o100000 | mode, radix: 8))")
        case .owner(let path, let user): add("sif \"\(path)\" uid \(user)")
        case .rename(let path, let other):
            add("ln \"\(path)\" \"\(other)\"")
            add("unlink \"\(path)\"")
        case .debugfs(let line): add(line)
        default: break
        }
    }

    private mutating func made(_ edit: Edit) throws {
        switch edit {
        case .initramfs(let drivers, let adding): try initramfs(without: drivers, adding: adding)
        case .kernel(let version):
            for path in ["/usr/lib/modules/", "/boot/vmlinuz-", "/boot/config-"] {
                try inRoot(.rename(path + CleanImage.kernel, to: path + version))
            }
            add("rm \(CleanImage.initramfs)")
            try initramfs(of: version)
            try inRoot(.replace(CleanImage.menu, CleanImage.kernel, with: version))
        case .noDrivers(let drivers):
            try initramfs(without: drivers)
            for driver in drivers {
                try inRoot(.replace("\(CleanImage.modules)/modules.dep", "kernel/drivers/\(driver).ko:\n", with: ""))
                add("rm \(CleanImage.modules)/kernel/drivers/\(driver).ko")
            }
        case .packages(let added, let removed):
            let words = added.map { "\($0.key)=\($0.value)" } + removed
            let program = """
                clean.database(out, dict(word.split("=") for word in words if "=" in word), words)
                """
            try put("/usr/lib/sysimage/rpm/rpmdb.sqlite", parts(program, words))
        case .program(let path, let machine):
            try put(path, parts("open(out, 'wb').write(files.elf(int(words[0])))", ["\(machine)"]), mode: 0o755)
        default: break
        }
    }

    private mutating func initramfs(
        of version: String = CleanImage.kernel, without drivers: [String] = [], adding file: String? = nil
    ) throws {
        let program = """
            content = files.initramfs(words[0], [name for name in tiny.DRIVERS if name not in words[2:]], "dracut")
            if words[1]:
                content += gzip.compress(files.cpio({words[1]: b"# a rule\\n"}))
            open(out, "wb").write(content)
            """
        try put("/boot/initramfs-\(version).img", parts(program, [version, file ?? ""] + drivers))
    }

    /// What a program makes with make-image's parts.
    private mutating func parts(_ program: String, _ words: [String]) throws -> Data {
        let path = next()
        try Self.tool(
            [
                "python3", "-c",
                "import gzip, sys\nsys.path.insert(0, sys.argv[1])\nfrom parts import clean, files, tiny\n"
                    + "out, words = sys.argv[2], sys.argv[3:]\n" + program,
                "\(TestSupport.root)/Tests/Images", path,
            ] + words)
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    private func onDisk(_ edit: Edit) throws {
        switch edit {
        case .esp(let words): try Self.tool(words.map { $0 == "@" ? "\(disk)@@\(CleanImage.espOffset)" : $0 })
        case .disk(let words): try Self.tool(words.map { $0.replacingOccurrences(of: "@", with: disk) })
        case .bytes(let offset, let bytes): try Self.write(bytes, at: offset, to: disk)
        case .partition(let type, let shifted):
            let line = "start=\(CleanImage.gapOffset / 512 + shifted), size=1024, type=\(type)"
            try Self.tool(["sh", "-c", "echo '\(line)' | sfdisk -q -a --no-reread --no-tell-kernel \(disk)"])
        case .grubCore(let sector): try moveCore(to: sector)
        default: break
        }
    }

    private mutating func onFile(_ edit: Edit) throws {
        switch edit {
        case .size(let size):
            try Self.tool(
                ["qemu-img", "resize", "-q", "-f", image == disk ? "raw" : "qcow2", "--shrink", image, "\(size)G"])
        case .convert(let words):
            try Self.tool(["qemu-img", "convert", "-f", "raw", "-O"] + words + [disk, "\(folder)/image"])
            image = "\(folder)/image"
        case .container(let words): try Self.tool(words.map { $0.replacingOccurrences(of: "@", with: image) })
        case .length(let size): try Self.tool(["truncate", "-s", "\(size)G", image])
        case .containerBytes(let offset, let bytes): try Self.write(bytes, at: UInt64(offset), to: image)
        default: break
        }
    }
}

// What edits are made of.
extension MutationLab {
    private mutating func next() -> String {
        files += 1
        return "\(folder)/file\(files)"
    }

    private mutating func add(_ line: String, isTried: Bool = false) { commands.append((line, isTried)) }

    private mutating func parents(of path: String) {
        let names = path.split(separator: "/").dropLast()
        for count in names.indices.dropFirst(names.startIndex) {
            add("mkdir \"/\(names[...count].joined(separator: "/"))\"", isTried: true)
        }
    }

    private mutating func put(_ path: String, _ content: Data, mode: Int = 0o644, keepingMode: Bool = false) throws {
        let file = next()
        try content.write(to: URL(fileURLWithPath: file))
        texts[path] = String(decoding: content, as: UTF8.self)
        let mode = keepingMode ? try Self.mode(of: path, in: clean) ?? mode : mode
        parents(of: path)
        let name = path.split(separator: "/").last ?? ""
        // It writes into the folder that it is in.
        add("cd \"\(path.dropLast(name.count))\"")
        add("rm \"\(name)\"", isTried: true)
        add("write \(file) \"\(name)\"")
        add("sif \"\(name)\" mode 0\(String(0o100000 | mode, radix: 8))")
        add("sif \"\(name)\" uid 0")
        add("sif \"\(name)\" gid 0")
        add("cd /")
    }

    private func text(_ path: String) throws -> String {
        if let text = texts[path] { return text }
        let answer = try run(["sh", "-c", "debugfs -R 'cat \(path)' '\(Self.root(of: clean))' 2>/dev/null"])
        guard !answer.output.isEmpty else { throw ImageFailure(description: "there is no \(path)") }
        return answer.output
    }

    private static func mode(of path: String, in disk: String) throws -> Int? {
        let words = try run(["debugfs", "-R", "stat \(path)", root(of: disk)]).output.split { " \n".contains($0) }
        guard let at = words.firstIndex(of: "Mode:") else { return nil }
        return Int(words[at + 1], radix: 8)
    }

    private static func root(of disk: String) -> String { "\(disk)?offset=\(CleanImage.rootOffset)" }

    private mutating func flush() throws {
        guard !commands.isEmpty else { return }
        let script = next()
        try Data(commands.map { $0.line + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: script))
        let answer = try run(["debugfs", "-w", "-f", script, Self.root(of: disk)])
        // It ends with 0 whatever failed: what it says beside its commands is all that tells.
        var waiting = commands[...]
        var isTried = false
        for line in answer.output.split(separator: "\n").dropFirst() {
            if line.hasPrefix("debugfs: ") {
                isTried = waiting.popFirst()?.isTried ?? false
            } else if !isTried, !line.hasPrefix("Allocated inode: "), !line.hasPrefix("Filesystem features: ") {
                throw ImageFailure(description: answer.output)
            }
        }
        guard answer.status == 0, waiting.isEmpty else { throw ImageFailure(description: answer.output) }
        commands = []
    }

    private static func tool(_ words: [String]) throws {
        let answer = try run(words, environment: ["MTOOLS_SKIP_CHECK": "1"])
        guard answer.status == 0 else {
            throw ImageFailure(description: "\(words.joined(separator: " ")): \(answer.status)\n\(answer.output)")
        }
    }

    private static func write(_ bytes: [UInt8], at offset: UInt64, to path: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seek(toOffset: offset)
        try file.write(contentsOf: bytes)
        try file.close()
    }

    private func moveCore(to sector: UInt64) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: disk))
        try file.seek(toOffset: 512)
        var core = try file.read(upToCount: 512 << 10) ?? Data()
        // Where boot.img looks for it, and where its first sector finds the rest (GRUB's boot/i386/pc).
        func number(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        core.replaceSubrange(0x1f4..<0x1fc, with: number(sector + 1))
        try file.seek(toOffset: sector * 512)
        try file.write(contentsOf: core)
        try file.seek(toOffset: 0x5c)
        try file.write(contentsOf: number(sector))
        try file.close()
    }
}
