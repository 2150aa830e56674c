using System.Globalization;
using System.Security.Cryptography;
using Virtio.Vmm.Linux;

namespace Virtio.Vmm.Boards.Riscv;

/// <summary>Describes the RISC-V board to its guest.</summary>
internal sealed class RiscvDeviceTree
{
    private const string SerialPath = "/soc/serial@10000000";

    // The usual crystal: 2 × 115200 × 16. The line is infinitely fast at any divisor that a driver computes from it.
    private const uint UartClock = 3_686_400;

    private const uint PlicHandle = 1;
    private const uint FirstHartHandle = 2;
    private const uint SupervisorExternalInterrupt = 9;
    private const int RandomSeedSize = 64;

    private static readonly string[] Extensions = ["i", "m", "a", "f", "d", "c", "zicntr", "zicsr", "zifencei", "zihintpause", "sstc"];

    private readonly FlattenedDeviceTree _tree = new();

    /// <summary>The size of memory, in bytes.</summary>
    public required ulong MemorySize { get; init; }

    /// <summary>The number of harts.</summary>
    public required int HartCount { get; init; }

    /// <summary>The kernel's parameters.</summary>
    public required string CommandLine { get; init; }

    /// <summary>Each virtio device's registers and interrupt.</summary>
    public required IReadOnlyList<(ulong Address, ulong Size, int Interrupt)> VirtioDevices { get; init; }

    /// <summary>The place of the initial ramdisk; null if there is none.</summary>
    public InitrdRange? Initrd { get; init; }

    /// <summary>The tree in the form that a kernel reads. Called once.</summary>
    public byte[] ToArray() => _tree.Node("", WriteRoot).ToArray();

    private static string At(string name, ulong address) => $"{name}@{address.ToString("x", CultureInfo.InvariantCulture)}";

    private void WriteRoot()
    {
        _tree.Cells("#address-cells", 2);
        _tree.Cells("#size-cells", 2);
        _tree.Text("compatible", "virtio-net,microvm");
        _tree.Text("model", "Virtio for .NET microVM");
        _tree.Node("aliases", () => _tree.Text("serial0", SerialPath));
        _tree.Node("chosen", WriteChosen);
        _tree.Node(At("memory", RiscvBoardLayout.MemoryAddress), () =>
        {
            _tree.Text("device_type", "memory");
            _tree.Quads("reg", RiscvBoardLayout.MemoryAddress, MemorySize);
        });
        _tree.Node("cpus", WriteHarts);
        _tree.Node("soc", WriteDevices);
    }

    private void WriteChosen()
    {
        _tree.Text("bootargs", CommandLine);
        _tree.Text("stdout-path", "serial0");
        if (Initrd is { } initrd)
        {
            _tree.Quads("linux,initrd-start", initrd.Start);
            _tree.Quads("linux,initrd-end", initrd.End);
        }

        // Without a seed the guest's first keys wait for randomness, or are made without it.
        _tree.Bytes("rng-seed", RandomNumberGenerator.GetBytes(RandomSeedSize));
        _tree.Bytes("kaslr-seed", RandomNumberGenerator.GetBytes(sizeof(ulong)));
    }

    private void WriteHarts()
    {
        _tree.Cells("#address-cells", 1);
        _tree.Cells("#size-cells", 0);
        _tree.Cells("timebase-frequency", RiscvBoardLayout.TimebaseFrequency);
        for (var hart = 0u; hart < HartCount; hart++)
        {
            var id = hart;
            _tree.Node(At("cpu", id), () => WriteHart(id));
        }
    }

    private void WriteHart(uint hart)
    {
        _tree.Text("device_type", "cpu");
        _tree.Cells("reg", hart);
        _tree.Text("status", "okay");
        _tree.Text("compatible", "riscv");
        _tree.Text("riscv,isa", "rv64imafdc_zicntr_zicsr_zifencei_zihintpause_sstc");
        _tree.Text("riscv,isa-base", "rv64i");
        _tree.Text("riscv,isa-extensions", Extensions);
        _tree.Text("mmu-type", "riscv,sv39");
        _tree.Node("interrupt-controller", () =>
        {
            _tree.Text("compatible", "riscv,cpu-intc");
            _tree.Cells("#interrupt-cells", 1);
            _tree.Cells("#address-cells", 0);
            _tree.Flag("interrupt-controller");
            _tree.Cells("phandle", FirstHartHandle + hart);
        });
    }

    private void WriteDevices()
    {
        _tree.Text("compatible", "simple-bus");
        _tree.Cells("#address-cells", 2);
        _tree.Cells("#size-cells", 2);
        _tree.Cells("interrupt-parent", PlicHandle);
        _tree.Flag("ranges");
        _tree.Flag("dma-coherent");
        _tree.Node(At("interrupt-controller", RiscvBoardLayout.PlicAddress), WritePlic);
        _tree.Node(At("serial", RiscvBoardLayout.UartAddress), WriteUart);
        _tree.Node(At("rtc", RiscvBoardLayout.ClockAddress), WriteClock);
        foreach (var device in VirtioDevices)
        {
            _tree.Node(At("virtio", device.Address), () =>
            {
                _tree.Text("compatible", "virtio,mmio");
                _tree.Quads("reg", device.Address, device.Size);
                _tree.Cells("interrupts", (uint)device.Interrupt);
                _tree.Flag("dma-coherent");
            });
        }
    }

    private void WritePlic()
    {
        _tree.Text("compatible", "sifive,plic-1.0.0", "riscv,plic0");
        _tree.Quads("reg", RiscvBoardLayout.PlicAddress, Plic.Size);
        _tree.Flag("interrupt-controller");
        _tree.Cells("#interrupt-cells", 1);
        _tree.Cells("#address-cells", 0);
        _tree.Cells("riscv,ndev", Plic.LastSource);
        _tree.Cells("phandle", PlicHandle);

        // Pair n is context n. There are no machine-mode contexts, so context n is hart n.
        var contexts = new uint[HartCount * 2];
        for (var hart = 0; hart < HartCount; hart++)
        {
            contexts[hart * 2] = FirstHartHandle + (uint)hart;
            contexts[hart * 2 + 1] = SupervisorExternalInterrupt;
        }

        _tree.Cells("interrupts-extended", contexts);
    }

    private void WriteUart()
    {
        _tree.Text("compatible", "ns16550a");
        _tree.Quads("reg", RiscvBoardLayout.UartAddress, Serial.Uart16550.Size);
        _tree.Cells("interrupts", RiscvBoardLayout.UartInterrupt);
        _tree.Cells("clock-frequency", UartClock);
    }

    private void WriteClock()
    {
        _tree.Text("compatible", "google,goldfish-rtc");
        _tree.Quads("reg", RiscvBoardLayout.ClockAddress, GoldfishClock.Size);
        _tree.Cells("interrupts", RiscvBoardLayout.ClockInterrupt);
    }
}
