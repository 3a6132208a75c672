import Documents
import ProviderAPI

extension Failure {
    /// The ABI's status for this failure; the error document says the rest.
    var status: ep_status {
        switch code {
        case .usage: EP_INVALID
        case .authentication: EP_AUTH
        case .network: EP_NETWORK
        case .refused, .checkFailed: EP_REFUSED
        case .quota: retryAfter != nil || retryable == true ? EP_RATE_LIMITED : EP_QUOTA
        case .policy: EP_DENIED
        case .notFound: EP_NOT_FOUND
        case .conflict: EP_CONFLICT
        case .busy: EP_CONFLICT
        case .interrupted: EP_CANCELLED
        default: EP_INTERNAL
        }
    }

    /// What an author's error becomes. One of an unknown type is a defect: its type is named, its text is not, for it may
    /// hold a secret.
    init(describing error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case is CancellationError: self.init(.interrupted, "cancelled")
        case let unsupported as Unsupported:
            self.init(.usage, "this provider has no operation \(unsupported.operation)", retryable: false)
        case let notMade as NotMade: self.init(describing: notMade.reason)
        case let decoding as DecodingError: self.init(.internal, "a document could not be read\(decoding.place)")
        default: self.init(.internal, "the provider failed with \(type(of: error))")
        }
    }
}

/// The words for a host service's refusal.
func refusal(_ status: ep_status, _ what: String) -> Failure {
    switch status {
    case EP_AUTH: Failure(.authentication, "\(what): the host has no such secret")
    case EP_DENIED: Failure(.policy, "\(what): not declared in the provider's manifest, or forbidden")
    case EP_NOT_FOUND: Failure(.notFound, "\(what): not found")
    case EP_CANCELLED: Failure(.interrupted, "\(what): cancelled")
    case EP_INVALID: Failure(.internal, "\(what): the host refused the call as invalid", hint: "the run's log says why")
    case EP_UNSUPPORTED: Failure(.internal, "\(what): this host does not offer it")
    default: Failure(.internal, "\(what): status \(status)")
    }
}
