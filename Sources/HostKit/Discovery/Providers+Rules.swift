import Documents
import ProviderAPI

extension Providers {
    /// Ids of the enabled providers that judge disk images, in the order of a list.
    /// - Parameter market: whether for their marketplaces too.
    public func judging(market: Bool) -> [String] {
        let wanted = market ? EP_OP_MARKETPLACE_CHECK : EP_OP_CHECK
        return entries.compactMap { entry in
            guard case .enabled = entry.state, let manifest = entry.provider?.manifest,
                manifest.artifacts.contains("disk"), manifest.operations.contains(wanted)
            else { return nil }
            return manifest.id
        }
    }
}
