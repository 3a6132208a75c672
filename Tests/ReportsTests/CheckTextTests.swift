import Documents
import Testing

@testable import Execution
@testable import Reports

/// What a check's last lines say.
@Suite struct CheckTextTests {
    private func finding(_ rule: String, _ severity: String, _ outcome: String, _ text: String)
        -> OperationResult.Finding
    {
        OperationResult.Finding(
            rule: rule, severity: severity, outcome: outcome, message: LocalizedText(text),
            source: "https://example.com")
    }

    private func examination(_ findings: OperationResult.Finding...) -> Examination {
        Examination(image: "disk.raw", facts: ImageFacts(), providers: [.init(id: "acme", findings: findings)])
    }

    private func ending(_ examination: Examination) -> String {
        CheckText.text(examination).split(separator: "\n").suffix(2).joined(separator: "\n")
    }

    @Test("Rules that stop a publication and can't be answered are counted, with the reason, and are no success")
    func unanswered() {
        let examination = examination(
            finding("acme.a", "error", "unknown", "xfs is not read"),
            finding("acme.b", "error", "unknown", "xfs is not read"),
            finding("acme.c", "warning", "unknown", "xfs is not read"))
        #expect(examination.unanswered.count == 2)
        #expect(
            ending(examination)
                == "2 rules that stop a publication can't be answered: xfs is not read\nExit 3.")
        #expect(JUnit.document(examination).contains("tests=\"3\" failures=\"0\" errors=\"2\" skipped=\"1\""))
    }

    @Test("What can't be told is counted by rules, not by reasons")
    func rules() {
        let examination = examination(
            finding("acme.a", "warning", "unknown", "why"), finding("acme.b", "info", "unknown", "why"))
        #expect(ending(examination).hasSuffix("Nothing to mend. 2 can't be told."))
    }

    private let kernelLine = "/boot/vmlinuz root=UUID=1 " + String(repeating: "console=ttyS0 ", count: 30)

    @Test("At a terminal no line is wider than it, in a pipe lines are whole", arguments: [40, 80, 100])
    func width(_ columns: Int) {
        var wrong = finding("acme.a", "error", "fail", String(repeating: "many words ", count: 30))
        wrong.why = LocalizedText(String(repeating: "镜像 ", count: 60))
        wrong.source = "https://example.com/" + String(repeating: "x", count: 150)
        wrong.places = [Evidence("/boot/grub2/grub.cfg", line: 3, text: kernelLine)]
        let text = CheckText.text(examination(wrong), width: columns)
        for line in text.split(separator: "\n") { #expect(Columns.width(String(line)) <= columns, "\(line)") }
        #expect(text.contains("/boot/grub2/grub.cfg:3  /boot/vm") || columns == 40)
        #expect(text.contains("…"))
        #expect(CheckText.text(examination(wrong)).contains(String(repeating: "x", count: 150)))
        // What was folded is all there.
        let letters = { (text: String) in text.filter { $0 == "镜" }.count }
        #expect(letters(text) == 60)
    }

    @Test("An image's screen says what is not read, how large a sparse file is, and whose its packages are")
    func screen() {
        var facts = ImageFacts()
        facts.disk = DiskFacts(format: "raw", variant: nil, fileSize: 20 << 30, virtualSize: 20 << 30)
        facts.partitions = PartitionFacts(
            table: .known(.gpt),
            partitions: .known([
                Partition(number: 1, start: 1 << 20, size: 1 << 30, type: "83", role: .linux, uuid: "1")
            ]),
            defects: .known([]))
        facts.mounts = MountFacts(
            volumes: .known([VolumeFacts(partition: 1, kind: .known("xfs"), unknown: "xfs is not read")]),
            mounts: .unknown("xfs is not read"), unmounted: .known([]))
        func package(_ manager: PackageDatabase.Manager, _ name: String) -> Package {
            Package(manager: manager, name: name, version: "1", architecture: "noarch")
        }
        facts.packages = PackageFacts(
            manager: .known(.rpm), packages: .known([package(.rpm, "a"), package(.rpm, "b"), package(.dpkg, "c")]),
            databases: [])
        let text = ImageText.text(facts, name: "disk.raw", allocated: 562 << 20)
        for words in ["raw, 20 GiB long, 562 MiB on disk", "xfs  not read", "3: 2 of rpm, 1 of dpkg"] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
        #expect(ImageText.text(facts, name: "disk.raw").contains("raw, 20 GiB on disk"))
    }
}
