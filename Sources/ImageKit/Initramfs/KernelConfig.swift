import Documents
import FileSystems

/// A kernel's configuration as it was built with, in the file that distributions put beside it.
enum KernelConfig {
    /// The options that rules ask for: `y`, `m`, `n` for one that is not set, or the value.
    static func read(_ tree: GuestTree, _ paths: [String]) -> Fact<[String: String]> {
        do throws(Failure) {
            for path in paths {
                guard let text = try tree.read(path) else { continue }
                return .known(parse(text), [Evidence(path)])
            }
            return .absent(paths.map { Evidence($0) })
        } catch {
            return .unknown("\(error.place ?? paths[0]): \(error.message)")
        }
    }

    private static func parse(_ bytes: [UInt8]) -> [String: String] {
        let asked = Set(Kernel.asked)
        var options = Dictionary(uniqueKeysWithValues: Kernel.asked.map { ($0, "n") })
        for line in ByteLines(bytes) where line.starts(with: "CONFIG_".utf8) {
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: line[..<equals], as: UTF8.self)
            guard asked.contains(name) else { continue }
            let value = line[(equals + 1)...].prefix { $0 > 32 }
            options[name] = String(decoding: value.prefix(64), as: UTF8.self)
        }
        return options
    }

    /// The option that puts a driver into the kernel: decides when there is no modules.builtin.
    static let options = [
        "virtio": "CONFIG_VIRTIO", "virtio_ring": "CONFIG_VIRTIO", "virtio_pci": "CONFIG_VIRTIO_PCI",
        "virtio_blk": "CONFIG_VIRTIO_BLK", "virtio_net": "CONFIG_VIRTIO_NET", "virtio_scsi": "CONFIG_SCSI_VIRTIO",
        "virtio_console": "CONFIG_VIRTIO_CONSOLE", "nvme": "CONFIG_BLK_DEV_NVME", "nvme_core": "CONFIG_NVME_CORE",
        "ena": "CONFIG_ENA_ETHERNET", "xen_blkfront": "CONFIG_XEN_BLKDEV_FRONTEND",
        "xen_netfront": "CONFIG_XEN_NETDEV_FRONTEND", "hv_vmbus": "CONFIG_HYPERV",
        "hv_storvsc": "CONFIG_HYPERV_STORAGE", "hv_netvsc": "CONFIG_HYPERV_NET",
        "qemu_fw_cfg": "CONFIG_FW_CFG_SYSFS", "ext4": "CONFIG_EXT4_FS", "xfs": "CONFIG_XFS_FS",
        "btrfs": "CONFIG_BTRFS_FS",
    ]
}
