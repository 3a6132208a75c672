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
        case .quota: EP_QUOTA
        case .policy: EP_DENIED
        case .interrupted: EP_CANCELLED
        default: EP_INTERNAL
        }
    }
}

/// The words for a host service's refusal.
func failure(_ status: ep_status, _ what: String) -> Failure {
    switch status {
    case EP_AUTH: Failure(.authentication, "\(what): the host has no such secret")
    case EP_DENIED: Failure(.policy, "\(what): not declared in the provider's manifest, or forbidden")
    case EP_NOT_FOUND: Failure(.internal, "\(what): not found")
    case EP_CANCELLED: Failure(.interrupted, "\(what): cancelled")
    case EP_INVALID: Failure(.internal, "\(what): the host refused the call as invalid")
    case EP_UNSUPPORTED: Failure(.internal, "\(what): this host does not offer it")
    default: Failure(.internal, "\(what): status \(status)")
    }
}
