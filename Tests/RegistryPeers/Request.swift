/// A request that a server here was sent.
public struct Request: Decodable, Sendable {
    public enum Server: String, Decodable, Sendable { case registry, token, storage }

    /// From 1, in the order in which requests came.
    public var number: Int
    public var server: Server
    public var method: String
    /// With the query.
    public var path: String
    /// Nil: not answered, or not yet.
    public var status: Int?
    /// Bytes of the body that came.
    public var received: Int
    /// Of the Authorization header, as it was written: no more of that is kept.
    public var scheme: String?
    /// Requests of one connection have the same.
    public var connection: Int
    /// Seconds since 1970.
    public var time: Double
    public var ended: Double?
    /// By name in lower case, without Authorization.
    public var headers: [String: String]
    /// The fields of a form, without password and refresh_token.
    public var form: [String: String]
    /// Whether a fault befell it.
    public var isFaulty: Bool { fault ?? false }

    private var fault: Bool?
}
