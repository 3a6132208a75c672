import TestSupport
import Testing

/// What the commands that publish containers have in common is declared once, and told by each of them.
@Suite("Help of container commands", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct HelpTests {
    private static let shared = [
        "--insecure", "--public", "--update", "--allow-alias-downgrade", "--allow-fewer-platforms", "--readme",
        "--description", "--sign", "--sign-option", "--dry-run", "--stage", "--tag-when", "--no-wait",
        "--retry-refused", "--print-plan",
        "--state-dir", "--cache-dir", "--provider-path", "--set", "--json", "--quiet", "--verbose",
    ]

    @Test(arguments: [
        (["container", "publish"], ["--version", "--to", "--tag", "--repo", "--mpublish", "--attest"]),
        (["container", "copy"], ["<source>", "<destinations>", "--check-layers"]),
        (["container", "app", "publish"], ["--source", "--to", "--tag", "--repo", "--mpublish"]),
    ])
    func isComplete(_ command: [String], _ own: [String]) async throws {
        let help = try await runApart(["\(stage ?? "")/bin/eulerpublisher"] + command + ["--help"])
        help.ended(0)
        for option in Self.shared + own {
            let lines = help.output.split(separator: "\n").filter { line in
                line.hasPrefix("  ")
                    && line.split(whereSeparator: { " ,".contains($0) }).prefix(2).contains { $0 == option }
            }
            #expect(lines.count == 1, "\(option) in the help of \(command.joined(separator: " "))")
        }
    }
}
