import Documents

/// What a guest said of itself to a login by key.
struct GuestAnswers: Sendable, Equatable {
    var kernel: String?
    var root: String?
    var cloudInit: String?
    var cloudInitErrors: [String] = []
    var cloudInitExit: Int?
    var failedUnits: [String] = []
    /// The first character of root's password field.
    var rootField: String?
    /// Of the root file system, and of the disk, in bytes.
    var rootSize: UInt64?
    var diskSize: UInt64?
    var isWhole = false

    /// For any POSIX shell; what a guest lacks is left out. Older versions of cloud-init end their waiting with the first error: what
    /// comes at its very end is waited for, a minute at most.
    static let question = """
        echo kernel=$(uname -r); echo root=$(sed -n 's/^\\([^ ]*\\) \\/ .*/\\1/p' /proc/mounts | tail -n 1); \
        cloud-init status --wait >/dev/null 2>&1; echo cloud-init-exit=$?; \
        n=0; while [ ! -s \(Seed.facts) -o ! -e /run/cloud-init/result.json ] && [ $n -lt 60 ]; do sleep 1; n=$((n+1)); done; \
        cloud-init status --long 2>/dev/null | sed 's/^/cloud-init: /'; \
        sed 's/^/result: /' /run/cloud-init/result.json 2>/dev/null; \
        systemctl --failed --no-legend --plain --no-pager 2>/dev/null | sed 's/^/unit: /'; \
        cat \(Seed.facts) 2>/dev/null; echo end=yes
        """

    /// Numbers are the guest's: checked before they are used.
    init(_ text: String) {
        var isListingErrors = false
        var result = ""
        for line in text.split(whereSeparator: \.isNewline).prefix(2000) {
            if line.hasPrefix("cloud-init: ") {
                readStatus(String(line.dropFirst(12)), &isListingErrors)
                continue
            }
            if line.hasPrefix("result: ") {
                result += line.dropFirst(8)
                continue
            }
            if line.hasPrefix("unit: ") {
                if let unit = line.dropFirst(6).split(separator: " ").first(where: { $0.contains(".") }) {
                    failedUnits.append(Printable.line(String(unit)))
                }
                continue
            }
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = Printable.line(Printable.short(String(parts[1]), limit: 200))
            switch parts[0] {
            case "kernel": kernel = value
            case "root": root = value
            case "root-field": rootField = value
            case "cloud-init-exit": cloudInitExit = Int(value)
            case "root-size": rootSize = Self.product(value)
            case "disk-sectors": diskSize = UInt64(value).flatMap { Self.product("\($0)*512") }
            case "end": isWhole = true
            default: break
            }
        }
        // Versions before 23.2 tell the errors of modules here alone.
        guard cloudInitErrors.isEmpty, let document = try? JSON(text: result) else { return }
        let errors = (document["v1"]?["errors"]?.array ?? []).compactMap(\.string).prefix(20)
        cloudInitErrors = errors.map { Printable.line(Printable.short($0)) }
    }

    /// `cloud-init status --long` (docs.cloud-init.io, "Reported status"): errors are a list, in brackets or one a line.
    private mutating func readStatus(_ line: String, _ isListingErrors: inout Bool) {
        if line.hasPrefix("status: ") { cloudInit = Printable.line(String(line.dropFirst(8))) }
        if line.hasPrefix("errors: ") {
            let list = line.dropFirst(8)
            if list != "[]", !list.isEmpty { cloudInitErrors.append(Printable.line(Printable.short(String(list)))) }
        }
        if isListingErrors {
            let item = line.drop { $0 == " " || $0 == "\t" }
            if item.hasPrefix("- ") {
                cloudInitErrors.append(Printable.line(Printable.short(String(item.dropFirst(2)))))
            } else {
                isListingErrors = false
            }
        }
        if line == "errors:" { isListingErrors = true }
    }

    /// `655360*4096`.
    private static func product(_ text: String) -> UInt64? {
        let factors = text.split(separator: "*").map { UInt64($0) }
        guard factors.count == 2, let one = factors[0], let other = factors[1] else { return nil }
        let (product, isTooLarge) = one.multipliedReportingOverflow(by: other)
        return isTooLarge ? nil : product
    }
}
