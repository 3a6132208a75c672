public import Booting
import Documents

/// A boot of an image as people are told of it: its marks while they come, then what was found.
public enum BootText {
    /// Before the machine is switched on.
    public static func beginning(_ test: BootTest, limit: Double?) -> String {
        let most = limit.map { ", at most \(Amounts.seconds($0))" } ?? ""
        return "\(test.firmware.name), \(test.machine.rawValue)\(most)"
    }

    /// A mark: seconds since then, what it is, the guest's own words.
    public static func line(_ event: Timeline.Event) -> String {
        let seconds = tenths(event.seconds)
        let padding = String(repeating: " ", count: max(0, 7 - seconds.count))
        let name = event.mark.name + String(repeating: " ", count: max(0, 14 - event.mark.name.count))
        return Printable.line("\(padding)\(seconds) s  \(name)  \(event.text)")
    }

    /// What was found, and of a failed test the console's last lines.
    public static func ending(_ report: BootReport) -> String {
        var lines: [String] = []
        var untold: [String: Int] = [:]
        for finding in report.findings {
            switch finding.outcome {
            case .pass: lines.append("  ✓ \(finding.text)")
            case .fail: lines.append("  ✗ \(finding.text)")
            case .unknown:
                // What one reason keeps from being asked is one line.
                if let line = untold[finding.text] {
                    lines[line] += ", \(finding.subject.name)"
                } else {
                    untold[finding.text] = lines.count
                    lines.append("  ? \(finding.text): \(finding.subject.name)")
                }
            }
        }
        if let kernel = report.kernel { lines.append("    kernel \(kernel), root on \(report.root ?? "?")") }
        if !report.console.isEmpty {
            lines.append("  the console's last lines:")
            lines += report.console.map { "    │ \($0)" }
        }
        let accelerator = report.accelerator == .kvm ? "with KVM" : "emulated"
        lines.append(
            "  \(report.firmware.name): \(report.passed ? "passed" : "failed") after \(Amounts.seconds(report.seconds)), "
                + accelerator)
        return lines.map { Printable.short(Printable.line($0), limit: 1000) }.joined(separator: "\n")
    }

    private static func tenths(_ value: Double) -> String {
        let number = Int((value * 10).rounded())
        return "\(number / 10).\(number % 10)"
    }
}

/// Boots for programs.
public struct BootDocument: Encodable {
    private struct Boot: Encodable {
        let report: BootReport
        private enum Key: String, CodingKey { case passed }

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(report.passed, forKey: .passed)
        }
    }

    private let format = 1
    private let image: String
    private let passed: Bool
    private let boots: [Boot]

    public init(image: String, _ reports: [BootReport]) {
        self.image = image
        passed = reports.allSatisfy(\.passed)
        boots = reports.map(Boot.init)
    }
}

extension BootReport.Finding.Subject {
    fileprivate var name: String {
        switch self {
        case .login: "login prompt"
        case .userData: "user data"
        case .keyLogin: "login by key"
        case .cloudInit: "cloud-init's status"
        case .failedUnits: "failed units"
        case .passwordLogin: "login by password"
        case .rootLocked: "root's lock"
        case .diskGrown: "growth with the disk"
        case .powerOff: "power-off"
        }
    }
}
