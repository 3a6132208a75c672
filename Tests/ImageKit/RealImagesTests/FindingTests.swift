import Documents
import Foundation
import TestSupport
import Testing

/// What `check` says of real images: all of it, and nothing else.
@Suite(
    "Findings of real images",
    .enabled(if: stage != nil && RealImages.areThere, "no staged program, or no images of packages"))
struct FindingTests {
    private struct Report: Decodable {
        struct Provider: Decodable {
            var id: String
            var findings: [OperationResult.Finding]
        }
        var errors: Int
        var providers: [Provider]
    }

    /// Provider by provider what did not pass: `error aws.ami.cloud-init`, `unknown ...`.
    private func findings(_ image: RealImage) async throws -> (told: Set<String>, rules: Int, errors: Int) {
        let scratch = try Scratch()
        let answer = try await runApart(
            ["\(stage ?? "")/bin/eulerpublisher", "check", RealImages.path(image), "--json"], in: scratch.path,
            environment: [
                "HOME": scratch.path, "XDG_STATE_HOME": scratch.path, "XDG_CACHE_HOME": scratch.path,
                "XDG_CONFIG_HOME": scratch.path,
            ])
        let report = try JSONDecoder().decode(Report.self, from: Data(answer.output.utf8))
        #expect(report.providers.map(\.id).sorted() == ["aliyun", "aws", "huaweicloud", "local", "tencentcloud"])
        #expect(answer.status == (report.errors > 0 ? 3 : 0))
        let all = report.providers.flatMap(\.findings)
        let told = all.filter { $0.outcome != "pass" }.map {
            ($0.outcome == "fail" ? $0.severity : $0.outcome) + " " + $0.rule
        }
        return (Set(told), all.count, report.errors)
    }

    @Test("openEuler's own shape has the findings that a release engineer expects")
    func openEuler() async throws {
        let (told, _, errors) = try await findings(.openEuler)
        #expect(
            told == [
                // The fixed hash of root's password, and of GRUB's, are public.
                "error local.image.no-published-password", "error local.image.no-published-boot-password",
                "error aliyun.ecs.no-stock-passwords", "warning aliyun.ecs.no-passwords",
                "error aws.ami.no-stock-password",
                // sshd lets in by password.
                "warning huaweicloud.ims.ssh-password",
                // No cloud-init, and no growpart that it would bring.
                "error aws.ami.cloud-init", "error tencentcloud.cvm.cloud-init", "warning aliyun.ecs.cloud-init",
                "warning huaweicloud.ims.cloud-init", "warning aws.ami.root-grows", "warning aliyun.ecs.grows-root",
                // The kernel's command line: quiet, and no word on how long NVMe may take.
                "info huaweicloud.ims.kernel-messages", "info aws.ami.nvme-timeout", "warning aliyun.ecs.nvme-timeout",
                // 4 GiB.
                "warning aliyun.ecs.least-size",
            ])
        #expect(errors == 6)
    }

    @Test("Of an image with GPT one vendor's error is told, and that another makes a small disk larger")
    func cloud() async throws {
        let (told, _, _) = try await findings(.cloud)
        #expect(told == ["error tencentcloud.cvm.mbr", "warning aliyun.ecs.least-size"])
    }

    @Test("Of a clean image nothing is told, and every rule has an answer")
    func clean() async throws {
        let (told, rules, errors) = try await findings(.clean)
        #expect(told.isEmpty && errors == 0, "\(told)")
        #expect(rules > 150)
    }
}
