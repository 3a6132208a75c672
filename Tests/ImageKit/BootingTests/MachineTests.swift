import Documents
import Foundation
import Programs
import TestSupport
import Testing

@testable import Booting

/// What the emulator is told.
@Suite("A machine's command line")
struct MachineTests {
    private func machine(_ image: QemuImage, uefi: FirmwareFiles? = nil, _ kind: MachineKind = .x86) -> Machine {
        Machine(
            kind: kind, accelerator: .tcg, uefi: uefi, image: image, overlay: "/work/overlay.qcow2",
            seed: "/work/seed.iso", console: "/work,dir/console", port: 40022)
    }

    private func image(_ scratch: Scratch, _ format: String = "qcow2", variant: String? = nil) throws -> QemuImage {
        let path = try scratch.write("nbd:host:1,a.img", [0])
        return try QemuImage(path, format: format, variant: variant, virtualSize: 3 << 20)
    }

    private func nodes(_ arguments: [String]) throws -> [JSON] {
        try arguments.indices.filter { arguments[$0] == "-blockdev" }.map {
            try JSON.string(arguments[$0 + 1]).parsed()
        }
    }

    @Test("The image is read only, by the format that was found, and no file that it names is opened")
    func image() throws {
        let scratch = try Scratch()
        let arguments = try machine(image(scratch)).arguments()
        let nodes = try nodes(arguments)
        let node = try #require(nodes.first { $0["node-name"]?.string == "image" })
        #expect(node["driver"]?.string == "qcow2" && node["backing"] == .null && node["read-only"] == true)
        let file = try #require(nodes.first { $0["node-name"]?.string == "image-file" })
        #expect(file["filename"]?.string == "\(scratch.path)/nbd:host:1,a.img" && file["read-only"] == true)
        #expect(nodes.first { $0["node-name"]?.string == "disk" }?["backing"]?.string == "image")
        #expect(!arguments.contains("-drive") && !arguments.contains("-hda"))
    }

    @Test("A VHD of a fixed size is its bytes without the footer")
    func fixed() throws {
        let scratch = try Scratch()
        let node = try nodes(machine(image(scratch, "vhd", variant: "fixed")).arguments())
            .first { $0["node-name"]?.string == "image" }
        #expect(node?["driver"]?.string == "raw" && node?["size"]?.integer == 3 << 20)
        let dynamic = try nodes(machine(image(scratch, "vhd", variant: "dynamic")).arguments())
            .first { $0["node-name"]?.string == "image" }
        #expect(dynamic?["driver"]?.string == "vpc" && dynamic?["size"] == nil)
    }

    @Test("The network leads nowhere but from loopback to the guest's port 22")
    func network() throws {
        let scratch = try Scratch()
        let arguments = try machine(image(scratch)).arguments()
        #expect(arguments.contains("user,id=network,restrict=on,hostfwd=tcp:127.0.0.1:40022-:22"))
        #expect(arguments.count { $0.hasPrefix("user,") || $0.hasPrefix("tap,") } == 1)
    }

    @Test("UEFI's program is read only, and each machine is what its kind is")
    func kinds() throws {
        let scratch = try Scratch()
        let files = FirmwareFiles(code: "/code.fd", variables: "/work/variables.fd")
        let arguments = try machine(image(scratch), uefi: files, .arm).arguments()
        #expect(arguments.contains("virt,pflash0=code,pflash1=variables") && arguments.contains("max,pauth-impdef=on"))
        let code = try nodes(arguments).first { $0["node-name"]?.string == "code" }
        #expect(code?["read-only"] == true)
        #expect(arguments.contains("file,id=console,path=/work,,dir/console"))
        #expect(try machine(image(scratch)).arguments().contains("q35,graphics=off"))
    }

    @Test("A missing program names the package of both kinds of distribution")
    func missing() {
        let failure = failure { try Program("no-such-program", apt: "a-deb", dnf: "an-rpm", search: "/usr/bin:") }
        #expect(failure.code == .usage)
        #expect(failure.hint == "install the package a-deb (apt) or an-rpm (dnf)")
    }
}

extension JSON {
    /// A text as the document that it is.
    fileprivate func parsed() throws -> JSON {
        try DocumentCoding.decode(JSON.self, from: Data((string ?? "").utf8))
    }
}
