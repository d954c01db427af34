"""Names and words that the sample is made of, by country and language."""

import unicodedata
from random import Random

_GIVEN = {
    "ES": "Carmen Álvaro Marta Íñigo Pilar Rubén Nuria Sergio Elena Óscar Beatriz Hugo Silvia Raúl Alba Mateo",
    "MX": "Guadalupe Emiliano Fernanda Rodrigo Itzel Gerardo Paola Arturo Jimena Saúl Renata Efraín",
    "AR": "Agustina Nahuel Camila Facundo Julieta Lautaro Micaela Ezequiel Rocío Joaquín Martina Leandro",
    "DE": "Anke Sören Katrin Uwe Maren Torsten Levke Holger Silke Matthias Jule Frauke Dirk Steffen Heike Nils",
    "FR": "Camille Étienne Manon Loïc Aurélie Thibault Clémence Yann Solène Mathis Élodie Gaël",
    "IT": "Giulia Matteo Alessia Davide Elisa Riccardo Marta Stefano Federica Andrea",
    "PT": "Beatriz Tiago Joana Rui Mafalda Nuno Catarina Duarte Filipa Gonçalo",
    "GB": "Alison Graham Priya Stuart Fiona Declan Harriet Owen Nasreen Ewan Judith Craig",
    "US": "Angela Dwayne Megan Curtis Rosa Travis Brooke Terrence Janelle Scott Mai Wes Carla Doug",
    "JP": "Yūko Daiki Aya Shōta Misaki Ren Naoko Kōhei Emi Satoshi Rina Tatsuya",
    "KW": "Noura Fahad Mariam Abdullah Shaikha Salem Reem Khaled Hessa Jassim Anwar Sanjay",
}
_FAMILY = {
    "ES": "Ferrer Ibáñez Cortés Rincón Lozano Bravo Navas Ortega Pascual Soler Vidal Crespo Marín Gallego Rueda",
    "MX": "Villaseñor Montes Cárdenas Ochoa Zamora Trejo Barragán Salgado Robles Nava Escobedo Tapia",
    "AR": "Giménez Ferreyra Ledesma Quiroga Bianchi Sosa Acosta Maidana Rossi Villalba Ponce Luna",
    "DE": "Brandt Köhler Lorenzen Voß Hansen Schütt Behrens Albers Wulff Jensen Krüger Martens Thomsen Rademacher",
    "FR": "Lefèvre Guillou Perrot Carlier Tanguy Mercier Royer Jaouen Blanchet Besson Colin Morvan",
    "IT": "Ricci Galli Colombo Fontana Rinaldi Villa Serra Negri Guala Zanetti",
    "PT": "Carvalho Pinto Matos Figueiredo Lopes Teixeira Moura Antunes Simões Neves",
    "GB": "Hargreaves Lister Patel Fenwick Doherty Booth Chaudhry Mackay Ogden Sykes Rennie Tate",
    "US": "Hernandez Brewer Nolan Castillo Pruitt Yazzie Sorensen Gallagher Nguyen Tibbs Romero Keller Boyd",
    "JP": "Fujii Matsuda Kondō Uchida Hara Ishida Maeda Nakano Ueda Morita Sugiyama Endō",
    "KW": "Al-Ajmi Al-Enezi Al-Failakawi Behbehani Al-Hajri Dashti Al-Mutairi Nair Al-Qattan Thomas",
}
_CLIENT = {
    "ES": ("Hotel {}|Panificadora {}|Bodegas {}|Comunidad de Propietarios {}|Conservas {}|Transportes {}|Clínica {}"),
    "MX": ("Hotel {}|Empacadora {}|Lácteos {}|Plaza Comercial {}|Transportes {}|Hospital {}|Frigorífico {}"),
    "AR": ("Cooperativa {}|Molinos {}|Frigorífico {}|Acopio {}|Transportes {}|Sanatorio {}"),
    "DE": ("Bäckerei {}|Hotel {}|Brauerei {}|Fischkontor {}|Kühlhaus {}|Spedition {}|Fleischerei {}|Molkerei {}"),
    "FR": ("Boulangerie {}|Hôtel {}|Laiterie {}|Clinique {}|Transports {}|Imprimerie {}"),
    "IT": ("Filatura {}|Lanificio {}|Tessitura {}|Caseificio {}|Albergo {}"),
    "PT": ("Transportes {}|Viação {}|Hotel {}|Rodoviária {}|Lacticínios {}"),
    "GB": ("{} Foods|{} Logistics|{} Timber|{} Energy|{} & Sons|{} Warehousing|{} Brewery"),
    "US": ("{} Properties|{} Medical Center|{} Foods|{} Logistics|{} School District|{} Seafood|{} Brewing"),
    "JP": ("{} Foods|{} Hospital|{} Kōgyō|{} Shuzō|{} Farm|{} Logistics|{} Suisan"),
    "KW": ("{} Tower|{} Hospital|{} Mall|{} Trading|{} Residences|{} Fisheries|{} Marina"),
}
MACHINES = {
    "es": "Compresor de tornillo|Montacargas|Cuadro eléctrico|Bomba de circulación|Cámara frigorífica|Puente grúa",
    "en": "Screw compressor|Goods lift|Switch cabinet|Circulation pump|Cold room|Overhead crane",
}
JOBS = {
    "es": "Revisión anual|Fuga de aceite|Ruido en el rodamiento|No arranca|Cambio de filtros|Se calienta y para",
    "en": "Yearly inspection|Oil leak|Noise from the bearing|Does not start|Filter change|Stopped on overheating",
}
STEPS = {
    "es": "Diagnóstico|Desmontaje|Sustituir la pieza|Montaje y ajuste|Prueba en carga",
    "en": "Diagnosis|Dismantle|Replace the part|Assemble and adjust|Load test",
}
PARTS = {
    "es": "Filtro de aceite|Junta tórica|Rodamiento 6204|Correa|Presostato|Contactor|Manguera|Aceite sintético",
    "en": "Oil filter|O-ring|Bearing 6204|Drive belt|Pressure switch|Contactor|Hose|Synthetic oil",
}
TEAMS = {"es": "Taller|Campo|Guardia|Oficina técnica", "en": "Workshop|Field|On call|Planning"}
MAKES = ("Kortex KX-240", "Aldaro S7", "Helmbrecht 110 V", "Norvane Duo", "Tamura-Bell T3", "Ibermac 45")


def words(choice: str) -> list[str]:
    """The alternatives of a written list."""
    return choice.split("|")


def person(rng: Random, country: str) -> str:
    """A full name; Spanish and Mexican ones bear two surnames."""
    family = _FAMILY[country].split()
    surnames = rng.sample(family, 2 if country in {"ES", "MX"} else 1)
    return " ".join([rng.choice(_GIVEN[country].split()), *surnames])


def business(rng: Random, country: str) -> str:
    """Whom a workshop of that country works for."""
    return rng.choice(words(_CLIENT[country])).format(rng.choice(_FAMILY[country].split()))


def address(rng: Random, country: str) -> str:
    """A street and number, roughly as written there."""
    family, number = rng.choice(_FAMILY[country].split()), rng.randrange(1, 180)
    if country in {"GB", "US"}:
        return f"{number} {family} {'Road' if country == 'GB' else 'Ave'}"
    if country == "DE":
        return f"{family}straße {number}"
    street = {"FR": "rue", "IT": "via", "PT": "Rua", "JP": "Chūō", "KW": "Block"}.get(country, "Calle")
    return f"{street} {family} {number}"


def mailbox(name: str) -> str:
    """The part before the @: given name and first surname, in ASCII."""
    given, family = name.lower().replace("ß", "ss").split()[:2]
    letters = unicodedata.normalize("NFD", f"{given}.{family}")
    return "".join(letter for letter in letters if letter.isascii() and (letter.isalpha() or letter == "."))
