import Files

/// Where the program's predecessor kept its configuration: `etc/eulerpublisher` below one of a few roots, in folders that have
/// changed over its versions (gitee.com/openeuler/eulerpublisher, setup.py and eulerpublisher/publisher.py).
enum HistoricalFiles {
    static func find(_ name: String) -> String? {
        for root in ["/usr/local/etc", "/usr/etc", "/etc"] {
            for folder in ["config/container/base", "container/base", "container"] {
                let path = "\(root)/eulerpublisher/\(folder)/\(name)"
                if File.exists(path) { return path }
            }
        }
        return nil
    }
}
