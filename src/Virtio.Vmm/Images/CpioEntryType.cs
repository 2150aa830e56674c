namespace Virtio.Vmm.Images;

/// <summary>The kind of an archive's entry: the upper bits of its Unix mode.</summary>
internal enum CpioEntryType
{
    CharacterDevice = 0x2000,
    Folder = 0x4000,
    BlockDevice = 0x6000,
    File = 0x8000,
    SymbolicLink = 0xa000,
    Mask = 0xf000,
}
