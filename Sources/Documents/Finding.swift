extension OperationResult {
    /// What was examined, and how it came out. Goes into `findings`.
    public struct Finding: Sendable, Equatable, Codable {
        /// How many places a finding lists.
        public static let placeLimit = 50

        public var rule: String
        /// `error`, `warning`, `info`.
        public var severity: String
        /// `pass`, `fail`, `unknown`.
        public var outcome: String
        public var message: LocalizedText
        /// Where, in one line: `/etc/shadow:1 root:$6$...`.
        public var evidence: String?
        public var fix: LocalizedText?
        public var source: String?
        /// The rule's place in the table of who demands it.
        public var reference: String?
        /// What was asked, in the words that all providers share: `sshd`, `fstab.named-by`.
        public var check: String?
        /// What goes wrong otherwise.
        public var why: LocalizedText?
        /// Where, each by itself; at most `placeLimit`.
        public var places: [Evidence]?
        /// What a build can do about a failure, in order.
        public var remediations: [Remediation]?

        public init(
            rule: String, severity: String, outcome: String, message: LocalizedText, evidence: String? = nil,
            fix: LocalizedText? = nil, source: String? = nil, reference: String? = nil, check: String? = nil,
            why: LocalizedText? = nil, places: [Evidence]? = nil, remediations: [Remediation]? = nil
        ) {
            self.rule = rule
            self.severity = severity
            self.outcome = outcome
            self.message = message
            self.evidence = evidence
            self.fix = fix
            self.source = source
            self.reference = reference
            self.check = check
            self.why = why
            self.places = places
            self.remediations = remediations
        }
    }
}
