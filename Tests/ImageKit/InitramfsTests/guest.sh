#!/bin/sh
# Makes a guest of Debian's own cloud kernel: usage guest.sh FOLDER. Afterwards FOLDER/root has boot and lib/modules, FOLDER/version
# the kernel's version, FOLDER/root/boot the initramfs that initramfs-tools made, FOLDER/dracut.img the one that dracut made.
# Nothing outside of FOLDER is changed: the mounts are in a namespace of their own.
set -eu
folder=$1
if [ -e "$folder/version" ]; then exit 0; fi
mkdir -p "$folder"
cd "$folder"
rm -rf root ./*.deb
package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $2; exit }')
[ -n "$package" ] || { echo "apt knows no linux-image-cloud-amd64"; exit 3; }
apt-get download "$package" >/dev/null 2>&1 || { echo "apt can't download $package"; exit 3; }
dpkg-deb -x ./*.deb root
rm -f ./*.deb
version=${package#linux-image-}
depmod -b root "$version"
cat >inside.sh <<'INSIDE'
set -e
mkdir -p layers
mount -t tmpfs tmpfs layers
mkdir layers/upper layers/work
mount -t overlay -o lowerdir=/usr/lib,upperdir=layers/upper,workdir=layers/work overlay /usr/lib
mkdir -p /usr/lib/modules
mount --bind root/lib/modules /usr/lib/modules
mount --bind root/boot /boot
mkinitramfs -c zstd -o "$PWD/initrd.img" "$1"
dracut --force --no-hostonly --no-hostonly-cmdline --kver "$1" --xz --add-drivers "virtio_blk virtio_net virtio_scsi" \
    --modules "base kernel-modules rootfs-block udev-rules" --tmpdir "$PWD" "$PWD/dracut.img"
INSIDE
if [ "$(id -u)" = 0 ]; then unshare -m sh inside.sh "$version"; else unshare -rm sh inside.sh "$version"; fi >make.log 2>&1 ||
    { tail -n 3 make.log; exit 3; }
cp initrd.img "root/boot/initrd.img-$version"
echo "$version" >version
