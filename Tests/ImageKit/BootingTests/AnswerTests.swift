import Documents
import Programs
import TestSupport
import Testing

@testable import Booting

/// What a guest answers is a stranger's text.
@Suite("A guest's answers")
struct AnswerTests {
    private static let sound = """
        kernel=6.1.0-56-cloud-amd64
        root=/dev/vda3
        cloud-init-exit=0
        cloud-init: status: done
        cloud-init: extended_status: done
        cloud-init: errors: []
        cloud-init: recoverable_errors: {}
        root-field=!
        root-size=1000000*4096
        disk-sectors=8388608
        end=yes
        """

    private func test(_ edit: (inout BootTest) -> Void = { _ in }) throws -> BootTest {
        let scratch = try Scratch()
        var facts = ImageFacts()
        facts.disk = DiskFacts(format: "raw", variant: nil, fileSize: 1, virtualSize: 3 << 30)
        var test = try BootTest(scratch.write("a.raw", [0]), facts: facts, firmware: .bios)
        test.rootSize = 2 << 30
        edit(&test)
        return test
    }

    private func outcomes(_ text: String, _ edit: (inout BootTest) -> Void = { _ in }) throws
        -> [BootReport.Finding.Subject: BootReport.Finding.Outcome]
    {
        Dictionary(
            uniqueKeysWithValues: try test(edit).judge(GuestAnswers(text)).map { ($0.subject, $0.outcome) })
    }

    @Test("A sound guest passes")
    func sound() throws {
        let answers = GuestAnswers(Self.sound)
        #expect(answers.isWhole && answers.kernel == "6.1.0-56-cloud-amd64" && answers.root == "/dev/vda3")
        #expect(answers.diskSize == 4 << 30)
        #expect(try outcomes(Self.sound).values.allSatisfy { $0 == .pass })
    }

    @Test(
        "Each defect is found",
        arguments: [
            ("status: done", "status: error", .cloudInit), ("errors: []", "errors: ['no locale']", .cloudInit),
            ("errors: []", "errors:\ncloud-init: \t- no locale\ncloud-init: recoverable", .cloudInit),
            (
                "errors: []", "\nresult: {\"v1\": {\nresult:  \"errors\": [\"('locale', no)\"]}}", .cloudInit
            ),
            ("exit=0", "exit=1", .cloudInit), ("root-field=!", "root-field=$", .rootLocked),
            ("root-field=!", "root-field=:", .rootLocked), ("1000000*4096", "1000*4096", .diskGrown),
            ("end=yes", "unit: kdump.service loaded failed failed Crash\nend=yes", .failedUnits),
        ] as [(String, String, BootReport.Finding.Subject)])
    func defects(_ sound: String, _ defect: String, _ subject: BootReport.Finding.Subject) throws {
        let outcomes = try outcomes(Self.sound.replacing(sound, with: defect))
        #expect(outcomes.filter { $0.value == .fail }.map(\.key) == [subject])
    }

    @Test("What is not told is unknown, and never praise")
    func untold() throws {
        let outcomes = try outcomes("end=yes")
        #expect(outcomes[.cloudInit] == .unknown && outcomes[.rootLocked] == .unknown)
        #expect(outcomes[.diskGrown] == .unknown)
        #expect(
            try self.outcomes(Self.sound.replacing("1000000*", with: "10*"), { $0.grows = false })[.diskGrown]
                == .unknown)
    }

    @Test("Numbers that overflow and lists without end do no harm")
    func hostile() {
        let large = "root-size=18446744073709551615*18446744073709551615\ndisk-sectors=18446744073709551615\n"
        let answers = GuestAnswers(large + String(repeating: "unit: a.service\n", count: 100_000))
        #expect(answers.rootSize == nil && answers.diskSize == nil && answers.failedUnits.count <= 2000)
        #expect(GuestAnswers("kernel=\u{1B}[31m\(String(repeating: "x", count: 10_000))").kernel?.count ?? 999 < 300)
    }

    @Test("What a server offers to those without a key")
    func methods() {
        func outcome(_ text: String) -> BootReport.Finding.Outcome {
            BootRun.passwordLogin(GuestShell.methods(in: text)).outcome
        }
        #expect(outcome("root@127.0.0.1: Permission denied (publickey).\r\n") == .pass)
        #expect(outcome("root@127.0.0.1: Permission denied (publickey,gssapi-with-mic).") == .pass)
        #expect(outcome("root@127.0.0.1: Permission denied (publickey,password).") == .fail)
        #expect(outcome("root@127.0.0.1: Permission denied (publickey,keyboard-interactive).") == .fail)
        #expect(outcome("ssh: connect to host 127.0.0.1 port 1: Connection refused") == .unknown)
    }

    @Test("Whether a guest can be asked is told by what is in the image")
    func asked() throws {
        #expect(try test().unasked == "no cloud-init is in the image")
        #expect(try test().machine == .x86)
        #expect(try test().grownSize == 4 << 30)
    }
}
