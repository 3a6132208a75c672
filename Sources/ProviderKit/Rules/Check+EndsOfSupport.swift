extension Check {
    /// How long releases of Linux are given updates, for rules that refuse those that are not: the last day by `ID VERSION` of
    /// os-release, as `supportedRelease` takes it. What a vendor promises beyond for a price is not in it.
    ///
    /// openEuler: the column "Planned EOL" of openeuler.org/en/download/archive, each service pack by itself (the month's last
    /// day). CentOS: centos.org/cl-vs-cs. Debian with its long-term support: wiki.debian.org/LTS. Ubuntu's standard support:
    /// ubuntu.com/about/release-cycle.
    public static let endsOfSupport: [String: String] = [
        "openeuler 20.03-lts": "2021-03-31",
        "openeuler 20.03-lts-sp1": "2022-12-31",
        "openeuler 20.03-lts-sp2": "2022-04-30",
        "openeuler 20.03-lts-sp3": "2023-12-31",
        "openeuler 20.03-lts-sp4": "2025-11-30",
        "openeuler 22.03-lts": "2024-03-31",
        "openeuler 22.03-lts-sp1": "2024-12-31",
        "openeuler 22.03-lts-sp2": "2024-03-31",
        "openeuler 22.03-lts-sp3": "2025-12-31",
        "openeuler 22.03-lts-sp4": "2026-06-30",
        "openeuler 23.03": "2023-09-30",
        "openeuler 23.09": "2024-03-31",
        "openeuler 24.03-lts": "2026-05-31",
        "openeuler 24.03-lts-sp1": "2026-12-31",
        "openeuler 24.03-lts-sp2": "2026-03-31",
        "openeuler 24.03-lts-sp3": "2027-12-31",
        "openeuler 24.03-lts-sp4": "2027-03-31",
        "openeuler 24.09": "2025-03-31",
        "openeuler 25.03": "2025-09-30",
        "openeuler 25.09": "2026-03-31",
        "openeuler 26.09": "2027-03-31",
        "centos 6": "2020-11-30",
        "centos 7": "2024-06-30",
        "centos 8": "2024-05-31",
        "centos 9": "2027-05-31",
        "debian 9": "2022-06-30",
        "debian 10": "2024-06-30",
        "debian 11": "2026-08-31",
        "debian 12": "2028-06-30",
        "debian 13": "2030-06-30",
        "ubuntu 16.04": "2021-04-30",
        "ubuntu 18.04": "2023-05-31",
        "ubuntu 20.04": "2025-05-31",
        "ubuntu 22.04": "2027-04-30",
        "ubuntu 24.04": "2029-04-30",
    ]
}
