namespace Virtio.Vmm.Linux;

/// <summary>The entry of a loaded x86 kernel.</summary>
/// <param name="Protocol">The processor state that it expects.</param>
/// <param name="Entry">The address of its first instruction.</param>
/// <param name="Parameters">The address of the structure that describes the machine to it.</param>
internal readonly record struct X86Boot(X86BootProtocol Protocol, ulong Entry, ulong Parameters);
