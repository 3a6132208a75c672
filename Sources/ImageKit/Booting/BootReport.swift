/// One boot of an image: what was seen, what the guest answered, and what follows.
public struct BootReport: Sendable, Codable, Equatable {
    /// One thing that a bootable image has to show.
    public struct Finding: Sendable, Codable, Equatable {
        public enum Subject: String, Sendable, Codable, CaseIterable {
            case login
            case userData = "user-data"
            case keyLogin = "key-login"
            case cloudInit = "cloud-init"
            case failedUnits = "failed-units"
            case passwordLogin = "password-login"
            case rootLocked = "root-locked"
            case diskGrown = "disk-grown"
            case powerOff = "power-off"
        }
        public enum Outcome: String, Sendable, Codable { case pass, fail, unknown }

        public var subject: Subject
        public var outcome: Outcome
        /// A sentence without its end.
        public var text: String

        public init(_ subject: Subject, _ outcome: Outcome, _ text: String) {
            (self.subject, self.outcome, self.text) = (subject, outcome, text)
        }
    }

    public var firmware: Firmware
    public var machine: MachineKind
    public var accelerator: Machine.Accelerator
    /// From switching on to the end.
    public var seconds: Double
    /// In the order that they came.
    public var timeline: [Timeline.Event]
    public var findings: [Finding]
    /// `uname -r`, and the device that the root is on; nil if the guest could not be asked.
    public var kernel: String?
    public var root: String?
    /// The mark that ended the boot early.
    public var stop: StopMark?
    /// Why the boot itself failed; nil if it went to its end.
    public var failure: String?
    public var hint: String?
    /// The console's last lines, printable; told of a test that failed.
    public var console: [String]

    enum CodingKeys: String, CodingKey {
        case firmware, machine, accelerator, seconds, timeline, findings, kernel, root, stop, failure, hint, console
    }

    /// Nothing failed.
    public var passed: Bool { failure == nil && !findings.contains { $0.outcome == .fail } }

    /// Everything that failed, each in a sentence without its end.
    public var reasons: [String] {
        (failure.map { [$0] } ?? []) + findings.filter { $0.outcome == .fail }.map(\.text)
    }
}
