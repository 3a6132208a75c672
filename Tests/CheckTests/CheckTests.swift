import Documents
import Foundation
import Schema
import TestSupport
import Testing

/// `check`, `requirements` and `image inspect`, as their users run them.
@Suite(
    "Checks of disk images",
    .enabled(if: stage != nil && canMake, "run make test as root, with mke2fs, sfdisk, mtools, qemu-img and GRUB"))
struct CheckTests {
    private struct Report: Decodable {
        struct Provider: Decodable {
            var id: String
            var findings: [OperationResult.Finding]
        }
        var errors: Int
        var providers: [Provider]

        func failed(_ severity: String) -> Set<String> {
            Set(
                providers.flatMap(\.findings).filter { $0.outcome == "fail" && $0.severity == severity }.map(\.rule))
        }
        func unknown() -> Set<String> {
            Set(providers.flatMap(\.findings).filter { $0.outcome == "unknown" }.map(\.rule))
        }
    }

    private func report(_ shape: Shape, _ options: [String] = []) async throws -> (Report, Int32) {
        let answer = try await euler(["check", Images.shared.path(shape), "--json"] + options)
        return (try JSONDecoder().decode(Report.self, from: Data(answer.output.utf8)), answer.status)
    }

    @Test("An image with cloud-init has the errors of its partition table alone, and all rules can be answered")
    func sound() async throws {
        let (report, status) = try await report(.tiny)
        #expect(report.providers.map(\.id).sorted() == ["aliyun", "aws", "huaweicloud", "local", "tencentcloud"])
        #expect(report.failed("error") == ["tencentcloud.cvm.mbr"])
        #expect(status == 3 && report.errors == 1)
        #expect(report.unknown().isEmpty, "\(report.unknown())")
        #expect(report.providers.allSatisfy { $0.findings.count >= 15 })
    }

    @Test("openEuler's own shape: its published passwords, no cloud-init, no drivers for NVMe and ENA")
    func openEuler() async throws {
        let (report, status) = try await report(.openEuler)
        #expect(status == 3)
        #expect(
            report.failed("error") == [
                "aws.ami.nvme-driver", "aws.ami.ena-driver", "aws.ami.cloud-init", "aws.ami.no-stock-password",
                "aliyun.ecs.no-stock-passwords",
                "tencentcloud.cvm.cloud-init", "local.image.no-published-password",
                "local.image.no-published-boot-password",
            ])
        let place = report.providers.flatMap(\.findings).first { $0.rule == "local.image.no-published-password" }
        #expect(place?.places?.first?.path == "/etc/shadow" && place?.places?.first?.line == 1)
    }

    @Test("A hash is nowhere in what is told", arguments: [["--json"], [], ["--for", "marketplace", "-p", "aws"]])
    func secrets(_ options: [String]) async throws {
        let hash = try String(contentsOfFile: "\(root)/Tests/Images/stock.txt", encoding: .utf8)
            .split(separator: "\n").first { $0.hasPrefix("$6$") }
        let salt = try #require(hash?.split(separator: "$").dropFirst().first)
        let answer = try await euler(["check", Images.shared.path(.openEuler)] + options)
        #expect(answer.status == 3 && answer.output.contains("$6$...") && !answer.output.contains(salt))
    }

    @Test("SARIF, JUnit and HTML hold what the table says")
    func reports() async throws {
        let scratch = try Scratch()
        let answer = try await euler(
            [
                "check", Images.shared.path(.openEuler), "-p", "local", "--sarif", "a.sarif", "--junit", "a.xml",
                "--html", "a.html",
            ], in: scratch.path)
        #expect(answer.status == 3)
        let sarif = try JSONDecoder().decode(JSON.self, from: Data(scratch.text("a.sarif").utf8))
        let results = sarif["runs"]?.array?.first?["results"]?.array ?? []
        #expect(results.filter { $0["level"]?.string == "error" }.count == 2)
        #expect(try run(["python3", "-c", Self.junit, "\(scratch.path)/a.xml"]).output == "21 2\n")
        let page = try scratch.text("a.html")
        #expect(page.contains("local.image.no-published-password") && !page.contains("<script"))
    }

    private static let junit = """
        import sys, xml.etree.ElementTree as tree
        suites = tree.parse(sys.argv[1]).getroot()
        print(len(suites.findall(".//testcase")), len(suites.findall(".//failure")))
        """

    @Test("A marketplace asks for more")
    func marketplace() async throws {
        let (plain, _) = try await report(.openEuler, ["-p", "aws"])
        let (market, _) = try await report(.openEuler, ["-p", "aws", "--for", "marketplace"])
        #expect(market.providers[0].findings.count > plain.providers[0].findings.count + 10)
        #expect(market.failed("error").contains("aws.ami.no-preset-password"))
    }

    @Test("For a marketplace all are asked, and who has none says what it says of any image")
    func marketplaceOfAll() async throws {
        let (plain, _) = try await report(.openEuler)
        let (market, status) = try await report(.openEuler, ["--for", "marketplace"])
        #expect(status == 3 && market.providers.map(\.id) == plain.providers.map(\.id))
        let local = { (report: Report) in report.providers.first { $0.id == "local" }?.findings.map(\.rule) }
        #expect(local(market) == local(plain) && local(market)?.isEmpty == false)
        #expect(market.failed("error").contains("local.image.no-published-password"))
    }

    @Test("What there is on one screen")
    func inspect() async throws {
        let answer = try await euler(["image", "inspect", Images.shared.path(.openEuler)])
        #expect(answer.status == 0)
        for text in ["MBR", "rootfs", "24.03 (LTS-SP2)", "boots BIOS and UEFI", "PermitRootLogin yes", "8, rpm"] {
            #expect(answer.output.contains(text), "\(text) in \(answer.output)")
        }
        #expect(answer.output.split(separator: "\n").count < 60)
    }

    @Test("The facts are what their schema says, and no more", arguments: Shape.allCases)
    func facts(_ shape: Shape) async throws {
        let answer = try await euler(["image", "inspect", Images.shared.path(shape), "--json"])
        #expect(answer.status == 0)
        try Schema.embedded("facts").validate(try Node.parse(text: answer.output, name: "facts.json"))
        // Read and written again by the types that the schema is held to, it is the same.
        let document = try DocumentCoding.decode(JSON.self, from: Data(answer.output.utf8))
        #expect(try JSON(encoding: document.decoded(ImageFacts.self)) == document)
    }

    @Test(
        "Rules as a table, as Markdown and as JSON",
        arguments: ["aws", "huaweicloud", "tencentcloud", "aliyun", "local"])
    func requirements(_ id: String) async throws {
        let table = try await euler(["requirements", "-p", id])
        let markdown = try await euler(["requirements", "-p", id, "--markdown"])
        let json = try await euler(["requirements", "-p", id, "--json"])
        #expect(table.status == 0 && markdown.status == 0 && json.status == 0)
        let rules = try JSONDecoder().decode(JSON.self, from: Data(json.output.utf8))["rules"]?.array ?? []
        #expect(rules.count >= 20)
        #expect(table.output.split(separator: "\n").count == rules.count + 1)
        #expect(markdown.output.contains("](https://"))
    }

    @Test("A file that is no image, or none at all, is named with the remedy")
    func refused() async throws {
        let scratch = try Scratch()
        _ = try scratch.write("empty.qcow2", "")
        let whole = try await Data(contentsOf: URL(fileURLWithPath: Images.shared.path(.tiny)))
        _ = try scratch.write("cut.qcow2", Array(whole.prefix(300)))
        _ = try scratch.write(
            "packed.qcow2.xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00] + [UInt8](repeating: 1, count: 1000))
        try run(["mkfifo", "\(scratch.path)/pipe"])
        try run(
            ["qemu-img", "create", "-f", "qcow2", "-b", "/etc/shadow", "-F", "raw", "layer.qcow2"], in: scratch.path)
        for (name, status, words) in [
            ("missing.qcow2", 2, "cannot be read"), ("pipe", 2, "neither a file nor"), ("empty.qcow2", 6, "empty"),
            ("cut.qcow2", 6, "damaged"), ("packed.qcow2.xz", 6, "xz -d"), ("layer.qcow2", 6, "flatten"),
            (".", 2, "neither a file nor"),
        ] {
            let answer = try await euler(["check", name], in: scratch.path)
            #expect(answer.status == Int32(status) && answer.output.contains(words), "\(name): \(answer)")
            #expect(answer.output.contains(name) && !answer.output.contains("root:"), "\(name): \(answer)")
        }
        let unknown = try await euler(["check", Images.shared.path(.tiny), "-p", "acme"])
        #expect(unknown.status == 2 && unknown.output.contains("acme"))
    }
}
