/// What `intend` takes, before a request that makes something (schemas/intent.schema.json).
public struct LedgerIntent: Sendable, Equatable, Codable {
    /// What will be made, a word of the provider's own: `snapshot`, `image`.
    public var kind: String
    public var region: String?
    /// All by which the provider can find it without an id: its name, its client token, its mark. Not empty.
    public var find: [String: JSON]
    public init(kind: String, region: String? = nil, find: [String: JSON]) {
        self.kind = kind
        self.region = region
        self.find = find
    }
}

/// What `created` takes, as soon as the target has answered (schemas/created.schema.json).
public struct LedgerCreated: Sendable, Equatable, Codable {
    /// The target's id of what was made.
    public var id: String
    /// Where, if the intent did not say.
    public var region: String?
    /// What `ep.undo/1` will need besides the id.
    public var undo: [String: JSON]?
    public init(id: String, region: String? = nil, undo: [String: JSON]? = nil) {
        self.id = id
        self.region = region
        self.undo = undo
    }
}

/// What `ep.undo/1` finds as its request's `entry` (schemas/entry.schema.json).
public struct LedgerEntry: Sendable, Equatable, Codable {
    /// The intent's number in the run's ledger.
    public var intent: UInt64
    public var kind: String
    public var region: String?
    public var find: [String: JSON]
    /// Absent: the request may or may not have been carried out; look for the resource by `find`.
    public var id: String?
    public var undo: [String: JSON]?
    public init(
        intent: UInt64, kind: String, region: String? = nil, find: [String: JSON], id: String? = nil,
        undo: [String: JSON]? = nil
    ) {
        self.intent = intent
        self.kind = kind
        self.region = region
        self.find = find
        self.id = id
        self.undo = undo
    }
}

/// What `run_helper` takes (schemas/helper.schema.json): a program that the host runs, without a shell.
public struct HelperCommand: Sendable, Equatable, Codable {
    /// The helper's name in the manifest's `needs.helpers`; not a path.
    public var name: String
    /// Never a secret: other users can read them.
    public var arguments: [String]?
    /// Text for its standard input.
    public var input: String?
    /// Variables for it, of those that the manifest lets the provider give to this tool. Secrets may be among the values.
    public var environment: [String: String]?
    public init(
        name: String, arguments: [String]? = nil, input: String? = nil, environment: [String: String]? = nil
    ) {
        self.name = name
        self.arguments = arguments
        self.input = input
        self.environment = environment
    }
}
