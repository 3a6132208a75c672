/// What one request came to: from the process that carried it out to the host, as JSON.
public struct ChangeReply: Sendable, Equatable, Codable {
    /// What is left to people.
    public var byHand: [String]
    /// The guest's programs, by their paths, that must have run before the request is carried out again and to its end; none if
    /// it is at its end.
    public var commands: [[String]]

    public init(byHand: [String] = [], commands: [[String]] = []) { (self.byHand, self.commands) = (byHand, commands) }
}
