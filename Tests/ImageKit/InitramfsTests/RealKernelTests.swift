import Documents
import FileSystems
import Foundation
import ImageTesting
import Initramfs
import TestSupport
import Testing

/// Debian's kernel for clouds, with an initramfs of initramfs-tools or of dracut: made once, kept in .build.
private enum Guest {
    static let folder = "\(root)/.build/kernels"
    /// Why there is none; nil if there is one.
    static let missing: String? = {
        guard let answer = try? run(["sh", "\(root)/Tests/ImageKit/InitramfsTests/guest.sh", folder]) else {
            return "sh can't be run"
        }
        return answer.status == 0 ? nil : answer.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }()
    static let isThere: Bool = {
        if let missing { print("no kernel of Debian's to read: \(missing)") }
        return missing == nil
    }()

    static func version() throws -> String {
        try String(contentsOfFile: "\(folder)/version", encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    static func lines(_ command: String) throws -> [String] {
        let answer = try run(["sh", "-c", command], in: folder)
        try #require(answer.status == 0, "\(command): \(answer.output)")
        return answer.output.split(separator: "\n").map(String.init)
    }

    /// The guest; its initramfs is dracut's, if that is asked for.
    static func tree(dracut: Bool = false) throws -> GuestTree {
        let memory = try MemoryFileSystem(folder: folder + "/root") { $0.hasSuffix(".ko") || $0.contains("System.map") }
        guard dracut else { return GuestTree(memory) }
        let other = MemoryFileSystem([
            "/vmlinuz-\(try version())": .bytes(try Archives.bytes("\(folder)/root/boot/vmlinuz-\(try version())")),
            "/initramfs-\(try version()).img": .bytes(try Archives.bytes("\(folder)/dracut.img")),
        ])
        return GuestTree(root: memory, mounts: [.init(point: "/boot", fileSystem: other)])
    }
}

@Suite(.enabled(if: Guest.isThere, "Debian's kernel could not be had: the reason is printed above"))
struct RealKernelTests {
    private func names(_ file: String) throws -> [String] {
        try Listing(Archives.bytes("\(Guest.folder)/\(file)")).names
    }

    @Test func whatLsinitramfsListsIsFound() throws {
        // It names the top folder, too, and the files of an early archive.
        #expect(try names("initrd.img") == (try Guest.lines("lsinitramfs initrd.img")).sorted())
        #expect(try names("dracut.img") == (try Guest.lines("lsinitramfs dracut.img")).sorted())
    }

    @Test(arguments: [false, true])
    func theKernelAndItsDriversAreFound(_ dracut: Bool) throws {
        let tree = try Guest.tree(dracut: dracut)
        let version = try Guest.version()
        let kernels = try #require(KernelReader(tree).facts().kernels.value)
        try #require(kernels.map(\.version) == [version])
        let kernel = kernels[0]
        #expect(kernel.architecture.value == "x86_64" && kernel.imageVersion.value == version)
        #expect(try Guest.lines("file -b root/boot/vmlinuz-* || true")[0].contains(version))
        let initramfs = try #require(kernel.initramfs.value)
        #expect(initramfs.generator.value == (dracut ? .dracut : .initramfsTools))
        #expect(initramfs.compressions == (dracut ? ["xz"] : ["zstd"]))
        let file = dracut ? "dracut.img" : "initrd.img"
        let listed = try Guest.lines(
            "lsinitramfs \(file) | sed -n 's,.*/\\([^/]*\\)\\.ko\\(\\.xz\\|\\.zst\\|\\.gz\\)*$,\\1,p' | tr - _ | sort -u"
        )
        #expect(initramfs.modules == listed.sorted())
        let config = try Guest.lines("grep -h -e '^CONFIG_' root/boot/config-*")
        for option in Kernel.asked where !dracut {
            let stated = config.first { $0.hasPrefix(option + "=") }.map { String($0.dropFirst(option.count + 1)) }
            #expect(kernel.config.value?[option] == stated ?? "n", "\(option)")
        }
        let inKernel = try Guest.lines("sed 's,.*/,,;s,\\.ko$,,' root/lib/modules/*/modules.builtin | tr - _")
        let inTree = try Guest.lines("find root/lib/modules -name '*.ko' | sed 's,.*/,,;s,\\.ko$,,' | tr - _")
        for driver in kernel.drivers {
            let builtIn = inKernel.contains(driver.name)
            #expect((driver.builtIn.value != nil) == builtIn, "\(driver)")
            #expect((driver.initramfs.value != nil) == listed.contains(driver.name), "\(driver)")
            #expect((driver.modules.value != nil) == inTree.contains(driver.name), "\(driver)")
            #expect(driver.missing == [], "\(driver)")
        }
    }
}
