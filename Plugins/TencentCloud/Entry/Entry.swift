public import ProviderAPI
import ProviderKit
import TencentCloudManifest
import TencentCloudProvider

/// The library's one exported symbol, under the name that the contract gives it.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func eulerpublisher_provider_v1() -> UnsafePointer<ep_provider>? {
    ProviderLibrary.table(
        for: TencentCloud.self, manifest: ep_tencentcloud_manifest(), size: ep_tencentcloud_manifest_size())
}
