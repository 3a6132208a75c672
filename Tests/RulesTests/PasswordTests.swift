import Documents
import ProviderKit
import Testing

/// Printed passwords, as the neutral checks take what the reader tried.
@Suite struct PasswordTests {
    private func outcome(_ check: Check, _ change: (inout SoundImage) -> Void) -> OperationResult.Finding? {
        var image = SoundImage()
        change(&image)
        return RuleTable([
            Rule(
                "acme.image.printed", "1", .error, "No password is printed somewhere.", why: "Everybody knows it.",
                fix: "Set another.", source: "https://acme.example/passwords", check)
        ]).evaluate(image.subject).first
    }

    private func boot(_ image: inout SoundImage, _ change: (inout BootPassword) -> Void) {
        guard var menus = image.facts.boot?.menus.value else { return }
        var password = BootPassword(
            user: "root", kind: "pbkdf2", isStock: false, evidence: Evidence("/boot/grub2/grub.cfg", line: 12))
        change(&password)
        menus[0].passwords = [password]
        image.facts.boot?.menus = .known(menus)
    }

    @Test func aHashThatWasNotTriedIsUnknown() {
        var password = Password(state: .hash, kind: "$6$")
        #expect(outcome(.noStockRootPassword) { $0.password(password) }?.outcome == "pass")
        password.untried = "printed passwords are not tried"
        let found = outcome(.noStockRootPassword) { $0.password(password) }
        #expect(found?.outcome == "unknown" && found?.message.text().contains("not tried") == true)
        password.isStock = true
        #expect(outcome(.noStockRootPassword) { $0.password(password) }?.outcome == "fail")
    }

    @Test func aBootMenusHashThatWasNotTriedIsUnknown() {
        #expect(outcome(.noStockBootPassword) { boot(&$0) { _ in } }?.outcome == "pass")
        #expect(outcome(.noStockBootPassword) { boot(&$0) { $0.untried = "why" } }?.outcome == "unknown")
        #expect(outcome(.noStockBootPassword) { boot(&$0) { $0.isStock = true } }?.outcome == "fail")
    }
}
