public import Documents

/// One demand on a disk image, as data: what is asked, by whom, how it is found out, and what mends it.
public struct Rule: Sendable, Equatable {
    /// How much a failure matters: `error` stops the publication.
    public enum Severity: String, Sendable { case error, warning, info }

    /// Stable, and never given to another demand: `acme.image.no-authorized-keys`.
    public let id: String
    /// Its place in the table of who demands it: `HW-NET-1`, a numbered section of the vendor's page.
    public let reference: String
    public let severity: Severity
    /// Where it differs from `severity` for an image that goes to the vendor's marketplace.
    public let marketplaceSeverity: Severity?
    /// One sentence that is true of a good image.
    public let demand: LocalizedText
    /// What goes wrong otherwise.
    public let why: LocalizedText
    /// What mends a failure, in one sentence.
    public let fix: LocalizedText
    /// The public page that asks for it.
    public let source: String
    public let applicability: Applicability
    public let check: Check
    /// What a build does to mend a failure; nil leaves that to the check, which knows what it found.
    public let remediations: [Remediation]?

    /// - Parameter remediations: only where they differ from the check's own.
    public init(
        _ id: String, _ reference: String, _ severity: Severity, marketplace: Severity? = nil, _ demand: LocalizedText,
        why: LocalizedText, fix: LocalizedText, source: String, applies applicability: Applicability = .always,
        _ check: Check, remediations: [Remediation]? = nil
    ) {
        self.id = id
        self.reference = reference
        self.severity = severity
        marketplaceSeverity = marketplace
        self.demand = demand
        self.why = why
        self.fix = fix
        self.source = source
        self.applicability = applicability
        self.check = check
        self.remediations = remediations
    }

    public func severity(for purpose: Purpose) -> Severity {
        purpose == .marketplace ? marketplaceSeverity ?? severity : severity
    }
}

/// What an image is checked for.
public enum Purpose: String, Sendable, CaseIterable {
    /// To be imported and launched.
    case publish
    /// To be offered in the vendor's marketplace: all that is asked for `publish`, and more.
    case marketplace
}

/// Which images a rule is about.
public struct Applicability: Sendable, Equatable {
    /// Nil: any.
    public var architectures: [Architecture]?
    /// Only asked of what goes to the marketplace.
    public var marketplaceOnly: Bool
    /// Only asked of images that pass this check: of those that boot by UEFI, of those that have cloud-init.
    public var condition: Check?

    public init(architectures: [Architecture]? = nil, marketplaceOnly: Bool = false, condition: Check? = nil) {
        self.architectures = architectures
        self.marketplaceOnly = marketplaceOnly
        self.condition = condition
    }

    public static let always = Applicability()
    public static let marketplace = Applicability(marketplaceOnly: true)
    public static func on(_ architectures: Architecture...) -> Applicability {
        Applicability(architectures: architectures)
    }
    public static func when(_ condition: Check, marketplaceOnly: Bool = false) -> Applicability {
        Applicability(marketplaceOnly: marketplaceOnly, condition: condition)
    }
}

/// A machine's architecture, by the names that OCI platforms use.
public enum Architecture: String, Sendable, CaseIterable {
    case amd64, arm64, riscv64, loongarch64

    /// - Parameter name: as `uname -m`, package managers or OCI platforms write it; nil if it is none of these.
    public init?(named name: String) {
        switch name.lowercased() {
        case "amd64", "x86_64", "x86-64": self = .amd64
        case "arm64", "aarch64": self = .arm64
        case "riscv64": self = .riscv64
        case "loongarch64", "loong64": self = .loongarch64
        default: return nil
        }
    }
}
