namespace Virtio.Vmm.Images;

/// <summary>What an entry of an archive is: the upper bits of its mode, as Unix has them.</summary>
internal enum CpioEntryType
{
    CharacterDevice = 0x2000,
    Folder = 0x4000,
    BlockDevice = 0x6000,
    File = 0x8000,
    SymbolicLink = 0xa000,
    Mask = 0xf000,
}
