namespace Virtio.Vmm.Images;

/// <summary>A file that is added to a guest image.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Path">Where it goes in the guest, without a slash at the beginning.</param>
/// <param name="Mode">Its permissions; null: those of the host's file where it is one.</param>
internal sealed record GuestFile(BootSource Content, string Path, UnixFileMode? Mode)
{
    private const UnixFileMode Permissions = (UnixFileMode)0x1ff;
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The permissions that it gets.</summary>
    internal UnixFileMode ModeInGuest()
    {
        if (Mode is { } mode)
            return mode;
        if (Content.Path is not { } path)
            return Plain;

        // Windows keeps no such permissions: a file that cannot be run would be the greater surprise.
        return OperatingSystem.IsWindows() ? Executable : File.GetUnixFileMode(path) & Permissions;
    }
}
