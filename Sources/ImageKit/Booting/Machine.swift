import Documents
public import Programs

/// A virtual machine as qemu's command line says it: one disk that is never written, no way out but one port of loopback.
public struct Machine: Sendable {
    /// How instructions are run.
    public enum Accelerator: String, Sendable, Codable { case kvm, tcg }

    public var kind: MachineKind
    public var accelerator: Accelerator
    /// Nil: BIOS.
    public var uefi: FirmwareFiles?
    /// What its disk begins as.
    public var image: QemuImage
    /// The file that all writes go to.
    public var overlay: String
    /// The seed disk; nil: none.
    public var seed: String?
    /// Written by the machine.
    public var console: String
    /// On 127.0.0.1, led to the guest's port 22; nil: no network card at all.
    public var port: UInt16?
    /// In MiB.
    public var memory = 1536
    public var processors = 2

    public init(
        kind: MachineKind, accelerator: Accelerator, uefi: FirmwareFiles?, image: QemuImage, overlay: String,
        seed: String?,
        console: String, port: UInt16?
    ) {
        (self.kind, self.accelerator, self.uefi, self.image) = (kind, accelerator, uefi, image)
        (self.overlay, self.seed, self.console, self.port) = (overlay, seed, console, port)
    }

    /// The emulator's arguments. Its monitor speaks QMP on descriptor 0, a socket.
    /// - Throws: `Failure` if a path can't be said in JSON.
    public func arguments() throws -> [String] {
        var arguments = ["-no-user-config", "-nodefaults", "-display", "none", "-no-reboot"]
        arguments += ["-machine", machine(), "-cpu", processor]
        arguments += accelerator == .kvm ? ["-accel", "kvm"] : ["-accel", "tcg,thread=multi"]
        arguments += ["-smp", "\(processors)", "-m", "\(memory)", "-rtc", "base=utc"]
        arguments += Self.sandbox + Self.monitor
        arguments += ["-chardev", "file,id=console,path=\(Self.escaped(console))", "-serial", "chardev:console"]
        for node in nodes() { arguments += ["-blockdev", try node.text()] }
        arguments += ["-device", "virtio-blk-pci,drive=disk,bootindex=1"]
        if seed != nil { arguments += ["-device", "virtio-blk-pci,drive=seed,serial=seed"] }
        if let port {
            arguments += [
                "-netdev", "user,id=network,restrict=on,hostfwd=tcp:127.0.0.1:\(port)-:22",
                // Without the programs that start from a network.
                "-device", "virtio-net-pci,netdev=network,romfile=",
            ]
        }
        arguments += ["-object", "rng-builtin,id=random", "-device", "virtio-rng-pci,rng=random"]
        return arguments
    }

    /// The emulator may start no program and gain no right, whatever the guest makes of it.
    static let sandbox = ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]
    static let monitor = ["-chardev", "socket,id=monitor,fd=0", "-mon", "chardev=monitor,mode=control"]

    /// graphics=off: SeaBIOS, and what prints by it, speaks on the serial line.
    private func machine() -> String {
        var text = kind == .x86 ? "q35,graphics=off" : "virt"
        if uefi != nil { text += ",pflash0=code,pflash1=variables" }
        return text
    }

    private var processor: String {
        if accelerator == .kvm { return "host" }
        // The architecture's own pointer authentication takes most of an emulated boot.
        return kind == .arm ? "max,pauth-impdef=on" : "max"
    }

    /// The drivers and files of all disks: the image below, read only, the overlay above it.
    private func nodes() -> [JSON] {
        var nodes: [JSON] = []
        if let uefi {
            nodes.append(Self.file("code-file", uefi.code, readOnly: true))
            nodes.append(["driver": "raw", "node-name": "code", "file": "code-file", "read-only": true])
            nodes.append(Self.file("variables-file", uefi.variables, readOnly: false))
            nodes.append(["driver": "raw", "node-name": "variables", "file": "variables-file"])
        }
        nodes += image.nodes(named: "image")
        nodes.append(Self.file("overlay-file", overlay, readOnly: false))
        nodes.append(
            ["driver": "qcow2", "node-name": "disk", "file": "overlay-file", "backing": "image", "discard": "unmap"])
        if let seed {
            nodes.append(Self.file("seed-file", seed, readOnly: true))
            nodes.append(["driver": "raw", "node-name": "seed", "file": "seed-file", "read-only": true])
        }
        return nodes
    }

    private static func file(_ name: String, _ path: String, readOnly: Bool) -> JSON {
        [
            "driver": "file", "node-name": .string(name), "filename": .string(path), "read-only": .bool(readOnly),
        ]
    }

    /// A value in qemu's own `key=value,key=value`.
    static func escaped(_ value: String) -> String { value.replacing(",", with: ",,") }
}
